-- Moves the days of an account's slots into its first one.
--
--   $1 book_id     bigint
--   $2 account_id  bigint
with gone as (
  delete from tieout.balance_day
  where book_id = $1::bigint and account_id = $2::bigint and slot > 0
  returning effective_date, booked_on, debits_minor, credits_minor
)
insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, slot, debits_minor, credits_minor)
select $1::bigint, $2::bigint, effective_date, booked_on, 0, sum(debits_minor)::bigint, sum(credits_minor)::bigint
from gone
group by effective_date, booked_on
on conflict (book_id, account_id, effective_date, booked_on, slot) do update
set debits_minor = balance_day.debits_minor + excluded.debits_minor,
    credits_minor = balance_day.credits_minor + excluded.credits_minor
