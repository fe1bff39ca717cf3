-- Level 1, rule lines-by-reference: a settlement line and an open item of the processor's receivable with one reference,
-- kind, currency and amount.
--
-- Several of one key are tied in arrival order when that is immaterial: as many lines as items, or the spare ones are of
-- one day. Otherwise they stay open; a wrong match is worse than none.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
--   $3 rule     text
--   $4 matched_at  timestamptz
with line as (
  select book_id, file_no, ordinal, account_id, reference, kind, amount_minor, day, revision
  from tieout.line_to_match
  where book_id = $1::bigint and (is_carried or run_id = $2::bigint) and reference is not null
),
placed_line as (
  select
    line.*,
    row_number() over (
      partition by book_id, account_id, reference, kind, amount_minor order by file_no, ordinal
    ) as place,
    count(*) over same as lines,
    min(day) over same is not distinct from max(day) over same as is_one_day
  from line
  window same as (partition by book_id, account_id, reference, kind, amount_minor)
),
placed_item as (
  select
    book_id, item_id, account_id, reference, kind, amount_minor,
    row_number() over (
      partition by book_id, account_id, reference, kind, amount_minor order by effective_date, item_id
    ) as place,
    count(*) over same as items,
    min(effective_date) over same = max(effective_date) over same as is_one_day
  from tieout.open_item
  where book_id = $1::bigint
  window same as (partition by book_id, account_id, reference, kind, amount_minor)
),
pair as (
  select
    placed_line.book_id,
    tieout.group_id(placed_line.file_no, placed_line.ordinal, 1 + 16 * placed_line.revision) as group_id,
    placed_line.file_no,
    placed_line.ordinal,
    placed_item.item_id,
    placed_item.account_id as item_account_id,
    placed_item.amount_minor as item_amount_minor,
    greatest(placed_line.lines, placed_item.items) as alternatives
  from placed_line
  join placed_item
    on placed_item.book_id = placed_line.book_id
    and placed_item.account_id = placed_line.account_id
    and placed_item.reference = placed_line.reference
    and placed_item.kind = placed_line.kind
    and placed_item.amount_minor = placed_line.amount_minor
    and placed_item.place = placed_line.place
  where placed_line.lines = placed_item.items
    or (placed_line.lines > placed_item.items and placed_line.is_one_day)
    or (placed_line.lines < placed_item.items and placed_item.is_one_day)
  order by placed_line.file_no, placed_line.ordinal
),
grouped as (
  insert into tieout.match_group (
    book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at
  )
  select
    book_id, group_id, 1, $3::text, case when alternatives = 1 then 'UNIQUE' else 'EQUIVALENT' end, alternatives,
    'confirmed', $2::bigint, $4::timestamptz
  from pair
)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select book_id, group_id, 1, $2::bigint, file_no, ordinal, item_id, item_account_id, item_amount_minor, true
from pair
