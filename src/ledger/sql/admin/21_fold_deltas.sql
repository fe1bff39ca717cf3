-- Takes away the movements of derived balances and adds them to balance and balance_day, all in one statement.
--
-- A movement whose account has no balance row yet stays: it was committed after the rows were made.
--
--   $1 book_id     bigint
--   $2 account_id  bigint, null for all of the book
with gone as (
  delete from tieout.balance_delta
  using tieout.balance
  where balance_delta.book_id = $1::bigint
    and ($2::bigint is null or balance_delta.account_id = $2::bigint)
    and balance.book_id = balance_delta.book_id
    and balance.account_id = balance_delta.account_id
    and balance.slot = 0
  returning
    balance_delta.account_id, balance_delta.effective_date, balance_delta.booked_on, balance_delta.debits_minor,
    balance_delta.credits_minor, balance_delta.pending_debits_minor, balance_delta.pending_credits_minor
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
),
total as (
  select account_id, sum(debits_minor)::bigint as debits, sum(credits_minor)::bigint as credits,
    sum(pending_debits_minor)::bigint as pending_debits, sum(pending_credits_minor)::bigint as pending_credits
  from gone
  group by account_id
)
update tieout.balance
set debits_minor = balance.debits_minor + total.debits,
    credits_minor = balance.credits_minor + total.credits,
    pending_debits_minor = balance.pending_debits_minor + total.pending_debits,
    pending_credits_minor = balance.pending_credits_minor + total.pending_credits,
    version = balance.version + 1
from total
where balance.book_id = $1::bigint and balance.account_id = total.account_id and balance.slot = 0
