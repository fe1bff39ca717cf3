-- Opens an item for each side of a posting that waits for evidence; debits are positive.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
--   $3 booked_on     date
insert into tieout.open_item (
  book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on,
  journal_id, run_id
)
select
  book_id,
  tieout.item_id(journal_id, seq, side.is_debit),
  case when side.is_debit then debit_account_id else credit_account_id end,
  currency,
  case when side.is_debit then amount_minor else -amount_minor end,
  kind,
  reference,
  payment_id,
  effective_date,
  $3::date,
  journal_id,
  run_id
from tieout.posting_request
cross join (values (true), (false)) side (is_debit)
where book_id = $1::bigint
  and operation_id = $2::uuid
  and ((side.is_debit and opens_debit_item) or (not side.is_debit and opens_credit_item))
