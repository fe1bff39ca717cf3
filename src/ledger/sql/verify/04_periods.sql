-- The snapshot of each locked period is, for each account, the sum of its days to the end of the period; an open
-- period has none. That of a soft-closed one may be behind: adjustments go there until it is locked.
--
-- A running sum over the days, with an empty row at the end of each period, reads every day once however many periods
-- there are.
--
--   $1 book_id  bigint
with period as (
  select starts_on, ends_on, name, state <> 'open' as is_closed, state = 'locked' as is_locked
  from tieout.period
  where book_id = $1::bigint
),
day as (
  select account_id, effective_date, sum(debits_minor) as debits, sum(credits_minor) as credits
  from tieout.account_day
  where book_id = $1::bigint and exists (select from period where is_locked)
  group by account_id, effective_date
),
moved as (
  select account_id, effective_date, null::date as starts_on, debits, credits from day
  union all
  select account_id, ends_on, starts_on, 0, 0
  from (select distinct account_id from day) posted
  cross join period
  where is_locked
),
summed as (
  select
    account_id, starts_on,
    sum(debits) over so_far as debits,
    sum(credits) over so_far as credits
  from moved
  window so_far as (partition by account_id order by effective_date)
),
compared as (
  select
    account_id, starts_on,
    (period.is_locked is not false and coalesce(told.debits_minor, 0) <> coalesce(summed.debits, 0))
      or (period.is_locked is not false and coalesce(told.credits_minor, 0) <> coalesce(summed.credits, 0))
      or (told.account_id is not null and period.is_closed is distinct from true) as is_broken
  from (select account_id, starts_on, debits, credits from summed where starts_on is not null) summed
  full join (
    select account_id, starts_on, debits_minor, credits_minor from tieout.period_balance where book_id = $1::bigint
  ) told using (account_id, starts_on)
  left join period using (starts_on)
)
select
  (select count(*) from compared) as checked,
  (select count(*) from compared where is_broken) as breaches,
  (
    select
      coalesce(account.code || ' ' || account.currency, compared.account_id::text)
        || ' in period ' || coalesce(period.name, compared.starts_on::text)
    from compared
    left join tieout.account on account.book_id = $1::bigint and account.account_id = compared.account_id
    left join period using (starts_on)
    where is_broken
    order by 1
    limit 1
  ) as example
