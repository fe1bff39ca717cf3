-- Each key has a journal or a refusal, never both; each journal and each refusal has its key, under the first 16 bytes of
-- its SHA-256; each journal has postings.
--
--   $1 book_id  bigint
with unpaired as (
  select
    coalesce(journal.key, refusal.key, encode(key_hash, 'hex')) as key,
    claimed.key_hash is not null as is_claimed,
    journal.key is not null as has_journal,
    refusal.key is not null as has_refusal
  from (
    select key_hash, booked_on, journal_id from tieout.journal_key where book_id = $1::bigint
  ) claimed
  full join (
    select substring(sha256(convert_to(key, 'UTF8')) for 16) as key_hash, booked_on, journal_id, key
    from tieout.journal
    where book_id = $1::bigint
  ) journal using (key_hash, booked_on, journal_id)
  full join (
    select key_hash, key, key_hash = substring(sha256(convert_to(key, 'UTF8')) for 16) as has_its_hash
    from tieout.journal_refusal
    where book_id = $1::bigint
  ) refusal using (key_hash)
  where claimed.key_hash is null
    or (journal.key is null) = (refusal.key is null)
    or not refusal.has_its_hash
),
broken as (
  select
    case
      when not is_claimed then 'key ' || key || ' was never claimed'
      when has_journal then 'key ' || key || ' has a journal and a refusal'
      when has_refusal then 'refusal ' || key || ' stands under another key'
      else 'key ' || key || ' has neither journal nor refusal'
    end as example
  from unpaired
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
select
  (select count(*) from tieout.journal_key where book_id = $1::bigint) as checked,
  count(*) as breaches,
  min(example) as example
from broken
