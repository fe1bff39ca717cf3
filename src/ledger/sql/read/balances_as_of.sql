-- The balance of every account as of an effective date and as known at a booking day; of one code, also where it is zero.
--
-- Sums of day rows: a posting dated in the past adds to one of them and rewrites none. What is pending has no history.
--
--   $1 book_id   bigint
--   $2 code      text, null for every account
--   $3 as_of     date, the last effective date that counts; null for all
--   $4 known_at  date, the last booking day that counts; null for all
with summed as (
  select account_day.book_id, account_day.account_id,
    sum(account_day.debits_minor)::bigint as debits_minor, sum(account_day.credits_minor)::bigint as credits_minor
  from tieout.account_day
  where account_day.book_id = $1::bigint
    and ($3::date is null or account_day.effective_date <= $3::date)
    and ($4::date is null or account_day.booked_on <= $4::date)
    and (
      $2::text is null
      or account_day.account_id = any (array(
        select named.account_id from tieout.account named where named.book_id = $1::bigint and named.code = $2::text
      ))
    )
  group by account_day.book_id, account_day.account_id
)
select
  account.code,
  account.currency,
  account.type,
  account.normal_side as "normalSide",
  coalesce(summed.debits_minor, 0) as "debitsMinor",
  coalesce(summed.credits_minor, 0) as "creditsMinor",
  null::bigint as "pendingDebitsMinor",
  null::bigint as "pendingCreditsMinor"
from tieout.account
left join summed on summed.book_id = account.book_id and summed.account_id = account.account_id
where account.book_id = $1::bigint
  and ($2::text is null or account.code = $2::text)
  and ($2::text is not null or summed.account_id is not null)
order by account.code, account.currency
