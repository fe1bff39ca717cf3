-- Moves the sums of an account's slots into its first one.
--
--   $1 book_id     bigint
--   $2 account_id  bigint
with gone as (
  delete from tieout.balance
  where book_id = $1::bigint and account_id = $2::bigint and slot > 0
  returning debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
)
insert into tieout.balance (
  book_id, account_id, slot, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
)
select $1::bigint, $2::bigint, 0, sum(debits_minor)::bigint, sum(credits_minor)::bigint,
  sum(pending_debits_minor)::bigint, sum(pending_credits_minor)::bigint
from gone
having count(*) > 0
on conflict (book_id, account_id, slot) do update
set debits_minor = balance.debits_minor + excluded.debits_minor,
    credits_minor = balance.credits_minor + excluded.credits_minor,
    pending_debits_minor = balance.pending_debits_minor + excluded.pending_debits_minor,
    pending_credits_minor = balance.pending_credits_minor + excluded.pending_credits_minor
