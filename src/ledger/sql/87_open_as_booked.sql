-- Opens the items in a scratch book that were booked after one instant and up to another, from those that lie aside.
--
--   $1 book_id          bigint
--   $2 aside_book_id    bigint
--   $3 scratch_book_id  bigint
--   $4 after            timestamptz, or null for all before
--   $5 until            timestamptz
insert into tieout.open_item (
  book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id,
  run_id
)
select $3::bigint, open_item.item_id, open_item.account_id, open_item.currency, open_item.amount_minor, open_item.kind,
  open_item.reference, open_item.payment_id, open_item.effective_date, open_item.booked_on, open_item.journal_id,
  open_item.run_id
from tieout.open_item
join tieout.journal
  on journal.book_id = $1::bigint and journal.booked_on = open_item.booked_on and journal.journal_id = open_item.journal_id
where open_item.book_id = $2::bigint
  and ($4::timestamptz is null or journal.booked_at > $4::timestamptz)
  and journal.booked_at <= $5::timestamptz
