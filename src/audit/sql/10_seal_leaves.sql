-- Seals what is not sealed yet: a leaf for every journal that has none, in blocks after the last one.
--
-- Membership decides, not time: a journal whose transaction began before the last seal and committed after it has no leaf
-- and enters the next block. EXCEPT and not an anti join: with statistics of an empty table the planner would look through
-- the table for every journal.
--
--   $1 book_id       bigint
--   $2 first_block   bigint  the number of the first new block
--   $3 block_leaves  bigint  leaves of a full block
--   $4 leaves        bigint  at most so many leaves at once
with unsealed as (
  select booked_on, journal_id
  from tieout.journal
  where book_id = $1::bigint
  except
  select booked_on, journal_id
  from tieout.seal_leaf
  where book_id = $1::bigint
),
placed as (
  select booked_on, journal_id, row_number() over (order by booked_on, journal_id) - 1 as place
  from unsealed
  order by booked_on, journal_id
  limit $4::bigint
)
insert into tieout.seal_leaf (book_id, journal_id, booked_on, block_no, leaf_no, leaf_hash)
select journal.book_id, journal.journal_id, journal.booked_on, $2::bigint + placed.place / $3::bigint, placed.place % $3::bigint,
  tieout.sealed_hash(journal, content.bytes)
from placed
join tieout.journal on journal.book_id = $1::bigint and journal.booked_on = placed.booked_on and journal.journal_id = placed.journal_id
cross join lateral (
  select string_agg(tieout.sealed_posting(posting), ''::bytea order by posting.seq) as bytes
  from tieout.posting
  where posting.book_id = $1::bigint and posting.booked_on = journal.booked_on and posting.journal_id = journal.journal_id
) content;
