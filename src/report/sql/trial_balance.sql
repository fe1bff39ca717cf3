-- The trial balance: every account that was posted to, as of an effective date.
--
--   $1 book_id  bigint
--   $2 as_of    date
select
  account.code,
  account.currency,
  sum(balance_day.debits_minor)::bigint as "debitsMinor",
  sum(balance_day.credits_minor)::bigint as "creditsMinor",
  (sum(balance_day.debits_minor) - sum(balance_day.credits_minor))::bigint as "balanceMinor"
from tieout.balance_day
join tieout.account
  on account.book_id = balance_day.book_id and account.account_id = balance_day.account_id
where balance_day.book_id = $1::bigint and balance_day.effective_date <= $2::date
group by account.code, account.currency
order by account.code collate "C", account.currency
