-- Writes the members of groups: entries, items, or one of each.
--
--   $1 book_id    bigint
--   $2 run_id     bigint
--   $3 group_ids  uuid[]
--   $4 member_nos int[]
--   $5 file_nos   bigint[]
--   $6 ordinals   bigint[]
--   $7 item_ids   uuid[]
--   $8 is_live    boolean[]
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select
  $1::bigint, found.group_id, found.member_no, $2::bigint, found.file_no, found.ordinal, found.item_id,
  open_item.account_id, open_item.amount_minor, found.is_live
from unnest($3::uuid[], $4::int[], $5::bigint[], $6::bigint[], $7::uuid[], $8::boolean[])
  as found (group_id, member_no, file_no, ordinal, item_id, is_live)
left join tieout.open_item on open_item.book_id = $1::bigint and open_item.item_id = found.item_id
on conflict do nothing
