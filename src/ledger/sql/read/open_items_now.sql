-- What is open on an account now, oldest first, with where each item comes from; and what all of it counts and sums to.
--
--   $1 book_id     bigint
--   $2 account_id  bigint
--   $3 items       bigint, at most so many; null for all
with item as (
  select open_item.*, count(*) over () as items_total, sum(open_item.amount_minor) over () as items_minor
  from tieout.open_item
  where open_item.book_id = $1::bigint and open_item.account_id = $2::bigint
  order by open_item.effective_date, open_item.item_id
  limit $3::bigint
)
select
  item.item_id as "itemId",
  item.amount_minor as "amountMinor",
  item.effective_date as "effectiveDate",
  item.booked_on as "bookedOn",
  item.journal_id as "journalId",
  journal.key,
  item.kind,
  item.reference,
  item.payment_id as "paymentId",
  source_file.name as "file",
  item.items_total as "itemsTotal",
  item.items_minor::bigint as "itemsMinor"
from item
join tieout.journal
  on journal.book_id = item.book_id and journal.booked_on = item.booked_on and journal.journal_id = item.journal_id
left join tieout.settlement_journal
  on settlement_journal.book_id = item.book_id and settlement_journal.journal_id = item.journal_id
left join tieout.source_file
  on source_file.book_id = settlement_journal.book_id and source_file.file_no = settlement_journal.file_no
order by item.effective_date, item.item_id
