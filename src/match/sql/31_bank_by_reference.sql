-- Level 2, rule bank-by-reference: an entry and an item in transit that name each other, with one amount, and nothing else does.
--
-- Only the strongest naming of an entry counts: PAY-10 stands in PAY-100 too.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
--   $3 rule     text
with exact as (
  select
    match_candidate.*,
    min(strength) over (partition by book_id, file_no, ordinal) as strongest
  from tieout.match_candidate
  where book_id = $1::bigint and run_id = $2::bigint and entry_amount_minor = item_amount_minor
),
counted as (
  select
    exact.*,
    count(*) over (partition by book_id, file_no, ordinal) as items,
    count(*) over (partition by book_id, item_id) as entries
  from exact
  where strength = strongest
)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, rule, file_no, ordinal, item_id, item_account_id, item_amount_minor, alternatives,
  is_live
)
select
  book_id, tieout.group_id(file_no, ordinal, 2), 1, $2::bigint, $3::text, file_no, ordinal, item_id, item_account_id,
  item_amount_minor, 1, true
from counted
where items = 1 and entries = 1
order by file_no, ordinal
