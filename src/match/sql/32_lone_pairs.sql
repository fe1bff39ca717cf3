-- Ties the pairs of a one-to-one rule that are alone: the entry allows one item only, and the item that entry only.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
--   $3 rule_no  int
--   $4 level    int
with counted as (
  select
    match_edge.file_no, match_edge.ordinal, match_edge.right_id,
    count(*) over (partition by match_edge.file_no, match_edge.ordinal) as items,
    count(*) over (partition by match_edge.right_id) as entries
  from tieout.match_edge
  where match_edge.book_id = $1::bigint and match_edge.run_id = $2::bigint and match_edge.rule_no = $3::int
)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, rule_no, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select
  $1::bigint, tieout.group_id(counted.file_no, counted.ordinal, $4::int + 16 * open_entry.revision), 1, $2::bigint, $3::int,
  counted.file_no, counted.ordinal, open_item.item_id, open_item.account_id, open_item.amount_minor, true
from counted
join tieout.open_entry
  on open_entry.book_id = $1::bigint and open_entry.file_no = counted.file_no and open_entry.ordinal = counted.ordinal
join tieout.open_item on open_item.book_id = $1::bigint and open_item.item_id = counted.right_id
where counted.items = 1 and counted.entries = 1
order by counted.file_no, counted.ordinal
