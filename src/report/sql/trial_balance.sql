-- The trial balance: every account that was posted to, as of an effective date; in all balance modes.
--
--   $1 book_id  bigint
--   $2 as_of    date
select
  account.code,
  account.currency,
  sum(account_day.debits_minor)::bigint as "debitsMinor",
  sum(account_day.credits_minor)::bigint as "creditsMinor",
  (sum(account_day.debits_minor) - sum(account_day.credits_minor))::bigint as "balanceMinor"
from tieout.account_day
join tieout.account
  on account.book_id = account_day.book_id and account.account_id = account_day.account_id
where account_day.book_id = $1::bigint and account_day.effective_date <= $2::date
group by account.code, account.currency
order by account.code collate "C", account.currency
