-- Open items with what rules may look at of them.
--
--   $1 book_id  bigint
--   $2 item_id  uuid[]
select
  open_item.item_id as "itemId",
  account.code as account,
  open_item.currency,
  open_item.amount_minor as "amountMinor",
  open_item.kind,
  open_item.reference,
  open_item.payment_id as "paymentId",
  open_item.effective_date as "effectiveDate",
  settlement_batch.source,
  settlement_batch.merchant,
  settlement_batch.batch
from unnest($2::uuid[]) as wanted (item_id)
join tieout.open_item on open_item.book_id = $1::bigint and open_item.item_id = wanted.item_id
join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
left join tieout.settlement_journal
  on settlement_journal.book_id = open_item.book_id and settlement_journal.journal_id = open_item.journal_id
left join tieout.settlement_batch
  on settlement_batch.book_id = settlement_journal.book_id and settlement_batch.batch_id = settlement_journal.batch_id
