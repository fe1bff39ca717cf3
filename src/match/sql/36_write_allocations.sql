-- Writes which part of which item each entry of a group closes; without an entry, the residual does.
--
--   $1 book_id         bigint
--   $2 group_ids       uuid[]
--   $3 allocation_nos  int[]
--   $4 file_nos        bigint[]
--   $5 ordinals        bigint[]
--   $6 item_ids        uuid[]
--   $7 amounts_minor   bigint[]
insert into tieout.match_allocation (
  book_id, group_id, allocation_no, file_no, ordinal, item_id, item_account_id, amount_minor
)
select
  $1::bigint, found.group_id, found.allocation_no, found.file_no, found.ordinal, found.item_id, open_item.account_id,
  found.amount_minor
from unnest($2::uuid[], $3::int[], $4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[])
  as found (group_id, allocation_no, file_no, ordinal, item_id, amount_minor)
join tieout.open_item on open_item.book_id = $1::bigint and open_item.item_id = found.item_id
on conflict do nothing
