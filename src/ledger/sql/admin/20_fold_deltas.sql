-- Takes away the movements of derived balances and adds them to balance and balance_day, all in one statement.
--
--   $1 book_id     bigint
--   $2 account_id  bigint, null for all of the book
with gone as (
  delete from tieout.balance_delta
  where book_id = $1::bigint and ($2::bigint is null or account_id = $2::bigint)
  returning
    account_id, effective_date, booked_on, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
),
day as (
  insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, slot, debits_minor, credits_minor)
  select $1::bigint, account_id, effective_date, booked_on, 0, sum(debits_minor)::bigint, sum(credits_minor)::bigint
  from gone
  where debits_minor <> 0 or credits_minor <> 0
  group by account_id, effective_date, booked_on
  order by account_id, effective_date, booked_on
  on conflict (book_id, account_id, effective_date, booked_on, slot) do update
  set debits_minor = balance_day.debits_minor + excluded.debits_minor,
      credits_minor = balance_day.credits_minor + excluded.credits_minor
)
insert into tieout.balance (
  book_id, account_id, slot, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
)
select $1::bigint, account_id, 0, sum(debits_minor)::bigint, sum(credits_minor)::bigint,
  sum(pending_debits_minor)::bigint, sum(pending_credits_minor)::bigint
from gone
group by account_id
order by account_id
on conflict (book_id, account_id, slot) do update
set debits_minor = balance.debits_minor + excluded.debits_minor,
    credits_minor = balance.credits_minor + excluded.credits_minor,
    pending_debits_minor = balance.pending_debits_minor + excluded.pending_debits_minor,
    pending_credits_minor = balance.pending_credits_minor + excluded.pending_credits_minor
