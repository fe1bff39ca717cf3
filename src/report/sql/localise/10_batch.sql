-- The batch of an id or of an exception, with its control totals and what the bank shows of its payout.
--
--   $1 book_id       bigint
--   $2 batch_id      uuid, null where an exception is asked for
--   $3 exception_id  uuid, null where a batch is asked for
with asked as (
  select exception_item.*
  from tieout.exception_item
  where exception_item.book_id = $1::bigint and exception_item.exception_id = $3::uuid
),
named as (
  select $2::uuid as batch_id
  union
  select settlement_journal.batch_id
  from asked
  join tieout.settlement_journal
    on settlement_journal.book_id = asked.book_id
    and settlement_journal.journal_id = overlay(asked.item_id::text placing '0000' from 33)::uuid
  union
  select settlement_batch.batch_id
  from asked
  join tieout.batch_total
    on batch_total.book_id = asked.book_id and batch_total.file_no = asked.file_no
    and batch_total.batch = asked.batch and batch_total.currency = asked.currency
  join tieout.settlement_batch
    on settlement_batch.book_id = batch_total.book_id
    and settlement_batch.batch_id = tieout.content_id(
      asked.source || '|' || batch_total.merchant || '|' || batch_total.batch || '|' || batch_total.currency
    )
  where asked.code = 'SET_BATCH_UNBALANCED'
)
select
  settlement_batch.batch_id as "batchId",
  settlement_batch.source,
  settlement_batch.merchant,
  settlement_batch.batch,
  settlement_batch.currency,
  settlement_batch.net_minor as "netMinor",
  settlement_batch.payout_minor as "payoutMinor",
  settlement_batch.fee_minor as "feeMinor",
  settlement_batch.other_minor as "otherMinor"
from named
join tieout.settlement_batch
  on settlement_batch.book_id = $1::bigint and settlement_batch.batch_id = named.batch_id
