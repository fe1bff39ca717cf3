-- Items that may be closed, from the postings that opened them, with what rules may look at of them.
--
-- The id of a journal begins with the milliseconds of its date, and the last sixteen bits of an item's id are the place of its
-- posting; a journal that a closed period moved has a later date, so the first one from there on is taken.
--
--   $1 book_id     bigint
--   $2 item_id     uuid[]
--   $3 account_id  bigint[]
with wanted as (
  select
    item_id,
    account_id,
    overlay(item_id::text placing '0000' from 33)::uuid as journal_id,
    ('x' || lpad(substr(item_id::text, 33, 4), 8, '0'))::bit(32)::int / 2 as seq,
    (timestamp '1970-01-01' + interval '1 millisecond' *
      ('x' || lpad(replace(left(item_id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint)::date as day
  from unnest($2::uuid[], $3::bigint[]) as asked (item_id, account_id)
)
select
  wanted.item_id as "itemId",
  account.code as account,
  account.currency,
  opened.amount_minor as "amountMinor",
  journal.kind,
  coalesce(opened.item_reference, journal.reference) as reference,
  journal.payment_id as "paymentId",
  opened.effective_date as "effectiveDate",
  settlement_batch.source,
  settlement_batch.merchant,
  settlement_batch.batch
from wanted
join tieout.account on account.book_id = $1::bigint and account.account_id = wanted.account_id
cross join lateral (
  select side.*
  from (
    select posting.booked_on, posting.effective_date, posting.amount_minor, posting.item_reference
    from tieout.posting
    where posting.book_id = $1::bigint and posting.debit_account_id = wanted.account_id
      and posting.effective_date >= wanted.day and posting.journal_id = wanted.journal_id
      and posting.seq = wanted.seq and posting.opens_debit_item
    union all
    select posting.booked_on, posting.effective_date, -posting.amount_minor, posting.item_reference
    from tieout.posting
    where posting.book_id = $1::bigint and posting.credit_account_id = wanted.account_id
      and posting.effective_date >= wanted.day and posting.journal_id = wanted.journal_id
      and posting.seq = wanted.seq and posting.opens_credit_item
  ) side
  limit 1
) opened
join tieout.journal
  on journal.book_id = $1::bigint and journal.booked_on = opened.booked_on and journal.journal_id = wanted.journal_id
left join tieout.settlement_journal
  on settlement_journal.book_id = journal.book_id and settlement_journal.journal_id = journal.journal_id
left join tieout.settlement_batch
  on settlement_batch.book_id = settlement_journal.book_id and settlement_batch.batch_id = settlement_journal.batch_id
