-- The leaves of a part of a block, hashed again from the journals, in one row; the first that is not as it was sealed is named.
--
-- A leaf is bad when a place before it is empty, when its journal is not there, hashes to something else, or does not come after
-- the one before it. The first leaf of a part is compared with the last of the part before.
--
--   $1 book_id   bigint
--   $2 block_no  bigint
--   $3 first     bigint  the first leaf_no
--   $4 last      bigint  the last leaf_no
with leaf as (
  select seal_leaf.leaf_no, seal_leaf.journal_id, seal_leaf.booked_on, seal_leaf.leaf_hash, journal.key,
    tieout.sealed_hash(journal, content.bytes) as hash, journal.book_id is null as is_gone
  from tieout.seal_leaf
  left join tieout.journal on journal.book_id = seal_leaf.book_id and journal.booked_on = seal_leaf.booked_on
    and journal.journal_id = seal_leaf.journal_id
  cross join lateral (
    select string_agg(tieout.sealed_posting(posting), ''::bytea order by posting.seq) as bytes
    from tieout.posting
    where posting.book_id = $1::bigint and posting.booked_on = seal_leaf.booked_on and posting.journal_id = seal_leaf.journal_id
  ) content
  where seal_leaf.book_id = $1::bigint and seal_leaf.block_no = $2::bigint and seal_leaf.leaf_no between $3::bigint - 1 and $4::bigint
),
judged as (
  select leaf_no, journal_id, key, hash, coalesce(lag(leaf_no) over place, $3::bigint - 1) + 1 as expected_no,
    case
      when leaf_no > coalesce(lag(leaf_no) over place, $3::bigint - 1) + 1 then 'missing'
      when is_gone then 'deleted'
      when hash is distinct from leaf_hash then 'edited'
      when (booked_on, journal_id) <= (lag(booked_on) over place, lag(journal_id) over place) then 'order'
    end as fault
  from leaf
  window place as (order by leaf_no)
),
part as (
  select leaf_no, expected_no, journal_id, key, hash, fault
  from judged
  where leaf_no >= $3::bigint
),
bad as (
  select expected_no, journal_id, key, fault
  from part
  where fault is not null
  order by leaf_no
  limit 1
)
select total.leaves, total.hashes, bad.expected_no as "leafNo", bad.journal_id as "journalId", bad.key, bad.fault
from (
  select count(*) as leaves, coalesce(string_agg(coalesce(hash, decode(repeat('00', 32), 'hex')), ''::bytea order by leaf_no), ''::bytea) as hashes
  from part
) total
left join bad on true;
