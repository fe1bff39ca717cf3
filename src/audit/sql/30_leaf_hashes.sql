-- The stored leaf hashes of a range of leaves of one block, one behind another in their order.
--
--   $1 book_id   bigint
--   $2 block_no  bigint
--   $3 first     bigint  the first leaf_no
--   $4 last      bigint  the last leaf_no
select count(*) as leaves, coalesce(string_agg(leaf_hash, ''::bytea order by leaf_no), ''::bytea) as hashes
from tieout.seal_leaf
where book_id = $1::bigint and block_no = $2::bigint and leaf_no between $3::bigint and $4::bigint;
