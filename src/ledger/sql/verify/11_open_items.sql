-- The balance of each reconcilable account is the sum of its open items.
--
--   $1 book_id  bigint
with item as (
  select account_id, sum(amount_minor) as open_minor from tieout.open_item where book_id = $1::bigint group by account_id
),
compared as (
  select
    account.code || ' ' || account.currency as name,
    coalesce(told.debits_minor, 0)::numeric - coalesce(told.credits_minor, 0) as balance_minor,
    coalesce(item.open_minor, 0) as open_minor
  from tieout.account
  left join tieout.account_balance told on told.book_id = account.book_id and told.account_id = account.account_id
  left join item on item.account_id = account.account_id
  where account.book_id = $1::bigint and account.is_reconcilable
)
select
  count(*) as checked,
  count(*) filter (where balance_minor <> open_minor) as breaches,
  min(name || ' has ' || balance_minor || ', its open items sum to ' || open_minor)
    filter (where balance_minor <> open_minor) as example
from compared
