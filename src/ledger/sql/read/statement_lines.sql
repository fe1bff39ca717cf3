-- A page of the lines of an account, by effective date, booking day, journal and place in it.
--
-- A line is backdated when its period had ended before it was booked, or when it was meant for a period that was closed.
-- The page is cut before the journals are looked up, and begins where the last one ended, whatever was posted since.
--
--   $1 book_id           bigint
--   $2 account_id        bigint
--   $3 from              date, the first effective date; null for all
--   $4 to                date, the last one; null for all
--   $5 known_at          date, the last booking day that counts; null for all
--   $6 after_effective   date, the effective date of the last line seen; null for the first page
--   $7 after_booked      date, its booking day
--   $8 after_journal_id  uuid, its journal
--   $9 after_seq         int, its place in the journal
--   $10 lines            bigint, at most so many
with page as (
  select book_id, other_account_id, effective_date, booked_on, journal_id, seq, signed_minor
  from tieout.account_line
  where book_id = $1::bigint
    and account_id = $2::bigint
    and layer = 'settled'
    and ($3::date is null or effective_date >= $3::date)
    and ($4::date is null or effective_date <= $4::date)
    and ($5::date is null or booked_on <= $5::date)
    and ($6::date is null or effective_date >= $6::date)
    and ($6::date is null or (effective_date, booked_on, journal_id, seq) > ($6::date, $7::date, $8::uuid, $9::int))
  order by effective_date, booked_on, journal_id, seq
  limit $10::bigint
)
select
  page.effective_date as "effectiveDate",
  page.booked_on as "bookedOn",
  page.journal_id as "journalId",
  page.seq,
  journal.key,
  journal.kind,
  journal.reference,
  journal.description,
  other.code as "counterAccount",
  page.signed_minor as "signedMinor",
  journal.relates_to_period as "relatesToPeriod",
  journal.relates_to_period is not null or exists (
    select from tieout.period
    where period.book_id = page.book_id
      and period.starts_on <= page.effective_date
      and period.ends_on >= page.effective_date
      and period.ends_on < page.booked_on
  ) as "isBackdated"
from page
join tieout.journal
  on journal.book_id = page.book_id and journal.booked_on = page.booked_on and journal.journal_id = page.journal_id
join tieout.account other on other.book_id = page.book_id and other.account_id = page.other_account_id
order by page.effective_date, page.booked_on, page.journal_id, page.seq
