-- What a UUID is the id of; an item that is tied is told by its match.
--
--   $1 book_id  bigint
--   $2 id       uuid
select 'match' as kind, match_told.group_id as id, null::bigint as "fileNo", null::bigint as ordinal
from tieout.match_told
where match_told.book_id = $1::bigint and match_told.group_id = $2::uuid
union all
select 'exception', exception_item.exception_id, null, null
from tieout.exception_item
where exception_item.book_id = $1::bigint and exception_item.exception_id = $2::uuid
union all
select 'item', open_item.item_id, null, null
from tieout.open_item
where open_item.book_id = $1::bigint and open_item.item_id = $2::uuid
union all
select 'match', match_member.group_id, null, null
from tieout.match_member
where match_member.book_id = $1::bigint and match_member.item_id = $2::uuid and match_member.is_live
union all
select 'batch', settlement_batch.batch_id, null, null
from tieout.settlement_batch
where settlement_batch.book_id = $1::bigint and settlement_batch.batch_id = $2::uuid
