-- Postings and their sums by block and currency, for a range of blocks; blocks without a posting have no row.
--
--   $1 book_id      bigint
--   $2 first_block  bigint
--   $3 last_block   bigint
select seal_leaf.block_no as "blockNo", posting.currency, count(*) as postings, sum(posting.amount_minor)::text as "sumMinor"
from tieout.seal_leaf
join tieout.posting on posting.book_id = seal_leaf.book_id and posting.booked_on = seal_leaf.booked_on
  and posting.journal_id = seal_leaf.journal_id
where seal_leaf.book_id = $1::bigint and seal_leaf.block_no between $2::bigint and $3::bigint
group by seal_leaf.block_no, posting.currency;
