-- Copies the items that are open now aside, with those of one kind of account only.
--
--   $1 book_id        bigint
--   $2 aside_book_id  bigint
--   $3 is_receivable  boolean
insert into tieout.open_item (
  book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id,
  run_id
)
select $2::bigint, open_item.item_id, open_item.account_id, open_item.currency, open_item.amount_minor, open_item.kind,
  open_item.reference, open_item.payment_id, open_item.effective_date, open_item.booked_on, open_item.journal_id,
  open_item.run_id
from tieout.open_item
join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
where open_item.book_id = $1::bigint
  and (account.code like 'assets:receivable:%') = $3::boolean
