-- The journals that book a match: those that close its items, and those of the match itself (residual, revocation), each with
-- what it moves on the accounts of the items.
--
--   $1 book_id   bigint
--   $2 group_id  uuid
with member as (
  select distinct item_id, item_account_id
  from tieout.match_member
  where book_id = $1::bigint and group_id = $2::uuid and item_id is not null
),
booked as (
  select item_closing.journal_id, item_closing.booked_on
  from member
  join tieout.item_closing on item_closing.book_id = $1::bigint and item_closing.item_id = member.item_id
  where item_closing.journal_id is not null
  union
  select item_reopening.closing_journal_id, item_reopening.closed_booked_on
  from tieout.item_reopening
  where item_reopening.book_id = $1::bigint and item_reopening.group_id = $2::uuid
    and item_reopening.item_id in (select item_id from member) and item_reopening.closing_journal_id is not null
  union
  select settlement_journal.journal_id, settlement_journal.booked_on
  from tieout.settlement_journal
  where settlement_journal.book_id = $1::bigint and settlement_journal.group_id = $2::uuid
)
select
  journal.journal_id as "journalId",
  journal.key,
  journal.kind,
  journal.effective_date as "effectiveDate",
  journal.run_id as "runId",
  posting.currency,
  sum(
    case when posting.debit_account_id in (select item_account_id from member) then posting.amount_minor else 0 end
    - case when posting.credit_account_id in (select item_account_id from member) then posting.amount_minor else 0 end
  )::bigint as "amountMinor"
from booked
join tieout.journal
  on journal.book_id = $1::bigint and journal.booked_on = booked.booked_on and journal.journal_id = booked.journal_id
join tieout.posting
  on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on
  and posting.journal_id = journal.journal_id
group by journal.journal_id, journal.key, journal.kind, journal.effective_date, journal.run_id, posting.currency
order by journal.effective_date, journal.key, posting.currency
