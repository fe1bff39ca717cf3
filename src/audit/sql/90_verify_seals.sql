-- The seals against the journals, set-based: how many leaves were looked at, and how many breaches there are.
--
-- A breach is a leaf whose journal is gone or hashes to something else, a leaf out of its order or place or without a block,
-- a block whose leaves or postings are not as many as it says, and a block that does not continue the one before it.
-- Merkle roots are computed by the program, from the stored hashes.
--
--   $1 book_id  bigint
with content as (
  select booked_on, journal_id, string_agg(tieout.sealed_posting(posting), ''::bytea order by seq) as bytes, count(*) as postings
  from tieout.posting
  where book_id = $1::bigint
  group by booked_on, journal_id
),
leaf as (
  select seal_leaf.block_no, seal_leaf.leaf_no, coalesce(content.postings, 0) as postings,
    journal.book_id is null
      or tieout.sealed_hash(journal, content.bytes) is distinct from seal_leaf.leaf_hash
      or (seal_leaf.booked_on, seal_leaf.journal_id) <= (lag(seal_leaf.booked_on) over place, lag(seal_leaf.journal_id) over place) as is_bad
  from tieout.seal_leaf
  left join tieout.journal on journal.book_id = $1::bigint and journal.booked_on = seal_leaf.booked_on
    and journal.journal_id = seal_leaf.journal_id
  left join content on content.booked_on = seal_leaf.booked_on and content.journal_id = seal_leaf.journal_id
  where seal_leaf.book_id = $1::bigint
  window place as (partition by seal_leaf.block_no order by seal_leaf.leaf_no)
),
by_block as (
  select block_no, count(*) as leaves, sum(postings) as postings, min(leaf_no) as first_leaf, max(leaf_no) as last_leaf,
    count(*) filter (where is_bad) as bad_leaves
  from leaf
  group by block_no
),
block as (
  select block_no, leaf_count, posting_count, previous_root, lag(block_no) over place as previous_no, lag(merkle_root) over place as chained_root
  from tieout.seal_block
  where book_id = $1::bigint
  window place as (order by block_no)
),
compared as (
  select coalesce(by_block.leaves, 0) as leaves, coalesce(by_block.bad_leaves, 0) as bad_leaves,
    block.block_no is null or by_block.block_no is null
      or by_block.leaves <> block.leaf_count or by_block.postings <> block.posting_count
      or by_block.first_leaf <> 0 or by_block.last_leaf <> block.leaf_count - 1 as is_bad,
    block.block_no <> coalesce(block.previous_no, 0) + 1
      or block.previous_root <> coalesce(block.chained_root, decode(repeat('00', 32), 'hex')) as is_unchained
  from by_block
  full join block using (block_no)
)
select coalesce(sum(leaves), 0)::bigint as checked,
  coalesce(sum(bad_leaves) + count(*) filter (where is_bad) + count(*) filter (where is_unchained), 0)::bigint as breaches
from compared;
