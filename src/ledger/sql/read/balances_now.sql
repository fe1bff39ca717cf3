-- The balance of every account that was posted to, now, in all balance modes; of one code, also where nothing was.
--
--   $1 book_id  bigint
--   $2 code     text, null for every account
select
  account.code,
  account.currency,
  account.type,
  account.normal_side as "normalSide",
  coalesce(account_balance.debits_minor, 0) as "debitsMinor",
  coalesce(account_balance.credits_minor, 0) as "creditsMinor",
  coalesce(account_balance.pending_debits_minor, 0) as "pendingDebitsMinor",
  coalesce(account_balance.pending_credits_minor, 0) as "pendingCreditsMinor"
from tieout.account
left join tieout.account_balance
  on account_balance.book_id = account.book_id
  and account_balance.account_id = account.account_id
  and (
    $2::text is null
    or account_balance.account_id = any (array(
      select named.account_id from tieout.account named where named.book_id = $1::bigint and named.code = $2::text
    ))
  )
where account.book_id = $1::bigint
  and ($2::text is null or account.code = $2::text)
  and (
    $2::text is not null
    or greatest(
      account_balance.debits_minor, account_balance.credits_minor,
      account_balance.pending_debits_minor, account_balance.pending_credits_minor
    ) > 0
  )
order by account.code, account.currency
