-- The seals against the journals, set-based: how many leaves were looked at, and how many breaches there are.
--
-- A breach is a leaf whose journal is gone or hashes to something else, a leaf out of its order or place or without a block,
-- a block whose leaves or postings are not as many as it says, and a block that does not continue the one before it.
-- Merkle roots are computed by the program, from the stored hashes.
--
--   $1 book_id  bigint
with by_block as (
  select seal_leaf.block_no, count(*) as leaves, sum(content.postings) as postings, min(seal_leaf.leaf_no) as first_leaf,
    max(seal_leaf.leaf_no) as last_leaf,
    count(*) filter (
      where journal.book_id is null or tieout.sealed_hash(journal, content.bytes) is distinct from seal_leaf.leaf_hash
    ) as bad_leaves
  from tieout.seal_leaf
  left join tieout.journal on journal.book_id = $1::bigint and journal.booked_on = seal_leaf.booked_on
    and journal.journal_id = seal_leaf.journal_id
  cross join lateral (
    select count(*) as postings, string_agg(tieout.sealed_posting(posting), ''::bytea order by posting.seq) as bytes
    from tieout.posting
    where posting.book_id = $1::bigint and posting.booked_on = seal_leaf.booked_on and posting.journal_id = seal_leaf.journal_id
  ) content
  where seal_leaf.book_id = $1::bigint
  group by seal_leaf.block_no
),
misplaced as (
  select count(*) as leaves
  from (
    select (booked_on, journal_id) <= (lag(booked_on) over place, lag(journal_id) over place) as is_misplaced
    from tieout.seal_leaf
    where book_id = $1::bigint
    window place as (partition by block_no order by leaf_no)
  ) leaf
  where is_misplaced
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
  (coalesce(sum(bad_leaves), 0) + count(*) filter (where is_bad) + count(*) filter (where is_unchained)
    + (select leaves from misplaced))::bigint as breaches
from compared;
