-- Each key has a journal or a refusal, never both; each journal and each refusal has its key, under the first 16 bytes of
-- its SHA-256; each journal has postings.
--
--   $1 book_id  bigint
with claimed as (
  select key_hash, booked_on, journal_id from tieout.journal_key where book_id = $1::bigint
),
journal as (
  select substring(sha256(convert_to(key, 'UTF8')) for 16) as key_hash, booked_on, journal_id, key
  from tieout.journal
  where book_id = $1::bigint
),
refusal as (
  select key_hash, key, key_hash = substring(sha256(convert_to(key, 'UTF8')) for 16) as has_its_hash
  from tieout.journal_refusal
  where book_id = $1::bigint
),
broken as (
  select 'journal ' || key || ' has no key of its own' as example
  from journal
  where not exists (
    select from claimed
    where claimed.key_hash = journal.key_hash
      and claimed.booked_on = journal.booked_on
      and claimed.journal_id = journal.journal_id
  )
  union all
  select 'key ' || encode(key_hash, 'hex') || ' has neither journal nor refusal'
  from claimed
  where not exists (
      select from journal
      where journal.key_hash = claimed.key_hash
        and journal.booked_on = claimed.booked_on
        and journal.journal_id = claimed.journal_id
    )
    and not exists (select from refusal where refusal.key_hash = claimed.key_hash)
  union all
  select 'refusal ' || key || ' has no key of its own'
  from refusal
  where not has_its_hash or not exists (select from claimed where claimed.key_hash = refusal.key_hash)
  union all
  select 'key ' || key || ' has a journal and a refusal'
  from refusal
  where exists (select from journal where journal.key_hash = refusal.key_hash)
  union all
  select 'journal ' || key || ' has no posting'
  from tieout.journal
  where book_id = $1::bigint
    and not exists (
      select from tieout.posting
      where posting.book_id = journal.book_id
        and posting.booked_on = journal.booked_on
        and posting.journal_id = journal.journal_id
    )
)
select (select count(*) from claimed) as checked, count(*) as breaches, min(example) as example
from broken
