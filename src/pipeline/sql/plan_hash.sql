-- A digest of everything a run changes in the books: its journals with their content, and what its matches tie.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with change as (
  select 'journal|' || encode(journal_key.key_hash, 'hex') || '|' || encode(journal_key.fingerprint, 'hex') as content
  from tieout.settlement_journal
  join tieout.journal_key
    on journal_key.book_id = settlement_journal.book_id
    and journal_key.key_hash = substring(sha256(convert_to((
      select journal.key
      from tieout.journal
      where journal.book_id = settlement_journal.book_id
        and journal.booked_on = settlement_journal.booked_on
        and journal.journal_id = settlement_journal.journal_id
    ), 'UTF8')) for 16)
  where settlement_journal.book_id = $1::bigint and settlement_journal.run_id = $2::bigint
  union all
  select 'match|' || group_id::text || '|' || coalesce(item_id::text, '')
  from tieout.match_member
  where book_id = $1::bigint and run_id = $2::bigint
)
select encode(sha256(convert_to(coalesce(string_agg(content, chr(10) order by content collate "C"), ''), 'UTF8')), 'hex') as hash
from change
