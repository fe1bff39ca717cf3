-- Writes their postings.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
--   $3 booked_on     date
insert into tieout.posting (
  book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor,
  effective_date, opens_debit_item, opens_credit_item
)
select
  book_id, $3::date, journal_id, seq, 'settled', debit_account_id, credit_account_id, currency, amount_minor,
  effective_date, opens_debit_item, opens_credit_item
from tieout.posting_request
where book_id = $1::bigint and operation_id = $2::uuid
