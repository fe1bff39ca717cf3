-- Level 2, rule bank-by-reference: an entry and an item in transit that name each other, with one amount.
--
-- The strongest naming of an entry counts before the amounts are looked at: money that says it is another payout is not
-- this one, however well the amount fits. Where a payout is shown twice on one day, the first is taken and the other stays.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
--   $3 rule     text
--   $4 matched_at  timestamptz
with ranked as (
  select
    match_candidate.*,
    coalesce(entry.booking_date, entry.value_date) as day,
    coalesce(open_entry.revision, 0) as revision,
    min(match_candidate.strength) over (
      partition by match_candidate.book_id, match_candidate.file_no, match_candidate.ordinal
    ) as strongest
  from tieout.match_candidate
  join tieout.entry
    on entry.book_id = match_candidate.book_id and entry.file_no = match_candidate.file_no
    and entry.ordinal = match_candidate.ordinal
  left join tieout.open_entry
    on open_entry.book_id = match_candidate.book_id and open_entry.file_no = match_candidate.file_no
    and open_entry.ordinal = match_candidate.ordinal
  where match_candidate.book_id = $1::bigint and match_candidate.run_id = $2::bigint
),
counted as (
  select
    ranked.*,
    count(*) over (partition by book_id, file_no, ordinal) as items,
    count(*) filter (where entry_amount_minor = item_amount_minor) over by_item as exact_entries,
    count(*) over by_item as entries,
    min(day) over by_item is not distinct from max(day) over by_item as is_one_day,
    row_number() over (partition by book_id, item_id order by file_no, ordinal) as place
  from ranked
  where strength = strongest
  window by_item as (partition by book_id, item_id)
),
pair as (
  select
    book_id, tieout.group_id(file_no, ordinal, 2 + 16 * revision) as group_id, file_no, ordinal, item_id,
    item_account_id, item_amount_minor, exact_entries as alternatives
  from counted
  where entry_amount_minor = item_amount_minor
    and items = 1
    and (exact_entries = 1 or (exact_entries = entries and is_one_day and place = 1))
  order by file_no, ordinal
),
grouped as (
  insert into tieout.match_group (
    book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at
  )
  select
    book_id, group_id, 2, $3::text, case when alternatives = 1 then 'UNIQUE' else 'EQUIVALENT' end, alternatives,
    'confirmed', $2::bigint, $4::timestamptz
  from pair
)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select book_id, group_id, 1, $2::bigint, file_no, ordinal, item_id, item_account_id, item_amount_minor, true
from pair
