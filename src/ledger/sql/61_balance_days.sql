-- Adds the postings to the day of each account, for balances as of a date and as known at another.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
--   $3 booked_on     date
insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, debits_minor, credits_minor)
select
  book_id,
  case when side.is_debit then debit_account_id else credit_account_id end as account_id,
  effective_date,
  $3::date,
  sum(case when side.is_debit then amount_minor else 0 end)::bigint,
  sum(case when side.is_debit then 0 else amount_minor end)::bigint
from tieout.posting_request
cross join (values (true), (false)) side (is_debit)
where book_id = $1::bigint and operation_id = $2::uuid
group by book_id, 2, effective_date
order by book_id, 2, effective_date
on conflict (book_id, account_id, effective_date, booked_on, slot) do update
set debits_minor = balance_day.debits_minor + excluded.debits_minor,
    credits_minor = balance_day.credits_minor + excluded.credits_minor
