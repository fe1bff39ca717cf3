-- Debits equal credits in each currency, counted by the currencies of the accounts, and each posting is in the currency of
-- both its accounts. A pair posting cannot be unbalanced; one between two currencies, or of no account, would be.
--
--   $1 book_id  bigint
with pair as (
  select debit_account_id, credit_account_id, currency, count(*) as postings, sum(amount_minor) as minor
  from tieout.posting
  where book_id = $1::bigint
  group by debit_account_id, credit_account_id, currency
),
placed as (
  select
    pair.postings, pair.minor, pair.currency,
    debit.currency as debit_currency, coalesce(debit.code, pair.debit_account_id::text) as debit_code,
    credit.currency as credit_currency, coalesce(credit.code, pair.credit_account_id::text) as credit_code
  from pair
  left join tieout.account debit on debit.book_id = $1::bigint and debit.account_id = pair.debit_account_id
  left join tieout.account credit on credit.book_id = $1::bigint and credit.account_id = pair.credit_account_id
),
unequal as (
  select side.currency, sum(side.minor) as minor
  from (
    select debit_currency as currency, minor from placed
    union all
    select credit_currency, -minor from placed
  ) side
  where side.currency is not null
  group by side.currency
  having sum(side.minor) <> 0
),
broken as (
  select
    postings,
    'posting in ' || currency || ': debit ' || debit_code || coalesce(' ' || debit_currency, ', no account')
      || ', credit ' || credit_code || coalesce(' ' || credit_currency, ', no account') as example
  from placed
  where debit_currency is distinct from currency or credit_currency is distinct from currency
  union all
  select 1, 'debits − credits in ' || currency || ' are ' || minor from unequal
)
select
  (select coalesce(sum(postings), 0)::bigint from pair) as checked,
  coalesce(sum(postings), 0)::bigint as breaches,
  max(example) as example
from broken
