-- Each balance that somebody asserted is the sum, debits less credits, of the days up to it as they are known now.
--
-- A running sum over the days, with an empty row for each assertion, reads every day once however many assertions there
-- are.
--
--   $1 book_id  bigint
with asserted as (
  select account_id, effective_date, balance_minor from tieout.balance_assertion where book_id = $1::bigint
),
moved as (
  select account_id, effective_date, sum(debits_minor) - sum(credits_minor) as minor, null::bigint as asserted_minor
  from tieout.account_day
  where book_id = $1::bigint and account_id in (select account_id from asserted)
  group by account_id, effective_date
  union all
  select account_id, effective_date, 0, balance_minor from asserted
),
compared as (
  select
    account_id, effective_date, asserted_minor,
    sum(minor) over (partition by account_id order by effective_date) as balance_minor
  from moved
),
broken as (
  select account_id, effective_date, asserted_minor, balance_minor
  from compared
  where asserted_minor <> balance_minor
)
select
  (select count(*) from asserted) as checked,
  count(*) as breaches,
  min(
    coalesce(account.code || ' ' || account.currency, broken.account_id::text) || ' on ' || effective_date::text
      || ': asserted ' || asserted_minor || ', is ' || balance_minor
  ) as example
from broken
left join tieout.account on account.book_id = $1::bigint and account.account_id = broken.account_id
