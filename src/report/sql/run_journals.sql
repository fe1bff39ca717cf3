-- The journals of a run with what each moves between which accounts, postings between the same two added up.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  journal.journal_id as "journalId",
  journal.key,
  journal.kind,
  journal.effective_date as "effectiveDate",
  journal.reference,
  journal.description,
  debit.code as "debit",
  credit.code as "credit",
  posting.currency,
  sum(posting.amount_minor)::bigint as "amountMinor",
  count(*) as postings
from tieout.journal
join tieout.posting
  on posting.book_id = journal.book_id
  and posting.booked_on = journal.booked_on
  and posting.journal_id = journal.journal_id
join tieout.account debit
  on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
join tieout.account credit
  on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
where journal.book_id = $1::bigint and journal.run_id = $2::bigint
group by
  journal.journal_id,
  journal.key,
  journal.kind,
  journal.effective_date,
  journal.reference,
  journal.description,
  debit.code,
  credit.code,
  posting.currency
order by journal.effective_date, journal.key collate "C", journal.journal_id, min(posting.seq)
