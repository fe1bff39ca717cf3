-- I11 as of any day: the items of every reconcilable account sum to its balance, whatever two days one looks back to.
--
-- Sums up to an effective date and a booking day agree for every pair of days exactly when they agree in each cell of one
-- effective date and one booking day; so the cells are compared. A closing whose day cannot be told has no cell: a breach.
--
--   $1 book_id  bigint
with reconcilable as (
  select book_id, account_id, code, currency
  from tieout.account
  where book_id = $1::bigint and is_reconcilable
),
item_cell as (
  select book_id, account_id, effective_date, booked_on, sum(amount_minor) as items_minor
  from tieout.item_movement
  where book_id = $1::bigint
  group by book_id, account_id, effective_date, booked_on
),
day_cell as (
  select book_id, account_id, effective_date, booked_on, sum(debits_minor - credits_minor) as balance_minor
  from tieout.account_day
  where book_id = $1::bigint
  group by book_id, account_id, effective_date, booked_on
),
cell as (
  select item_cell.account_id, item_cell.effective_date, item_cell.booked_on, item_cell.items_minor, 0 as balance_minor
  from item_cell
  union all
  select day_cell.account_id, day_cell.effective_date, day_cell.booked_on, 0, day_cell.balance_minor
  from day_cell
),
compared as (
  select reconcilable.code, reconcilable.currency, cell.effective_date, cell.booked_on,
    sum(cell.items_minor) as items_minor, sum(cell.balance_minor) as balance_minor
  from cell
  join reconcilable on reconcilable.account_id = cell.account_id
  group by reconcilable.code, reconcilable.currency, cell.effective_date, cell.booked_on
)
select
  count(*) as checked,
  count(*) filter (where is_breach) as breaches,
  min(
    code || ' ' || currency || ', effective ' || coalesce(effective_date::text, 'on no day') || ', booked ' ||
    coalesce(booked_on::text, 'on no day') || ': items ' || items_minor::text || ', balance ' || balance_minor::text
  ) filter (where is_breach) as example
from compared
cross join lateral (
  select items_minor <> balance_minor or effective_date is null or booked_on is null as is_breach
) verdict
