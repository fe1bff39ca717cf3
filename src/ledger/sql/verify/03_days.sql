-- The sums of each account, effective date and booking day are those of the settled postings of that day.
--
--   $1 book_id  bigint
with pair as (
  select debit_account_id, credit_account_id, effective_date, booked_on, sum(amount_minor) as minor
  from tieout.posting
  where book_id = $1::bigint and layer = 'settled'
  group by debit_account_id, credit_account_id, effective_date, booked_on
),
posted as (
  select
    case when side.is_debit then debit_account_id else credit_account_id end as account_id,
    effective_date,
    booked_on,
    sum(case when side.is_debit then minor else 0 end) as debits,
    sum(case when side.is_debit then 0 else minor end) as credits
  from pair
  cross join (values (true), (false)) side (is_debit)
  group by 1, 2, 3
),
told as (
  select account_id, effective_date, booked_on, sum(debits_minor) as debits, sum(credits_minor) as credits
  from tieout.account_day
  where book_id = $1::bigint
  group by account_id, effective_date, booked_on
),
compared as (
  select
    account_id, effective_date, booked_on,
    coalesce(told.debits, 0) <> coalesce(posted.debits, 0)
      or coalesce(told.credits, 0) <> coalesce(posted.credits, 0) as is_broken
  from posted
  full join told using (account_id, effective_date, booked_on)
)
select
  (select count(*) from compared) as checked,
  (select count(*) from compared where is_broken) as breaches,
  (
    select
      coalesce(account.code || ' ' || account.currency, compared.account_id::text)
        || ' on ' || effective_date::text || ', booked on ' || booked_on::text
    from compared
    left join tieout.account on account.book_id = $1::bigint and account.account_id = compared.account_id
    where is_broken
    order by 1
    limit 1
  ) as example
