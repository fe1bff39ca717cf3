-- Level 1, rule lines-by-other-reference: as lines-by-reference, by the processor's own reference or our payment id.
--
-- Only where exactly one line and one item name each other.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
--   $3 rule     text
--   $4 matched_at  timestamptz
with line as (
  select book_id, file_no, ordinal, account_id, reference, external_id, kind, amount_minor, revision
  from tieout.line_to_match
  where book_id = $1::bigint
    and (is_carried or run_id = $2::bigint)
    and not exists (
      select from tieout.match_member
      where match_member.book_id = line_to_match.book_id
        and match_member.file_no = line_to_match.file_no
        and match_member.ordinal = line_to_match.ordinal
        and match_member.is_live
    )
),
named as (
  select line.book_id, line.file_no, line.ordinal, line.revision, open_item.item_id, open_item.account_id, open_item.amount_minor
  from line
  join tieout.open_item
    on open_item.book_id = line.book_id
    and open_item.account_id = line.account_id
    and open_item.reference = line.external_id
    and open_item.kind = line.kind
    and open_item.amount_minor = line.amount_minor
  union
  select line.book_id, line.file_no, line.ordinal, line.revision, open_item.item_id, open_item.account_id, open_item.amount_minor
  from line
  cross join lateral (values (line.reference), (line.external_id)) own (name)
  join tieout.open_item
    on open_item.book_id = line.book_id
    and open_item.account_id = line.account_id
    and open_item.payment_id = own.name
    and open_item.kind = line.kind
    and open_item.amount_minor = line.amount_minor
),
counted as (
  select
    named.*,
    count(*) over (partition by book_id, file_no, ordinal) as items,
    count(*) over (partition by book_id, item_id) as lines
  from named
  where not exists (
    select from tieout.match_member
    where match_member.book_id = named.book_id and match_member.item_id = named.item_id and match_member.is_live
  )
),
pair as (
  select
    book_id, tieout.group_id(file_no, ordinal, 1 + 16 * revision) as group_id, file_no, ordinal, item_id,
    account_id as item_account_id, amount_minor as item_amount_minor, 1 as alternatives
  from counted
  where items = 1 and lines = 1
  order by file_no, ordinal
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
