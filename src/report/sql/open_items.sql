-- What is open now on each account, by the day it became effective.
--
--   $1 book_id  bigint
--   $2 as_of    date
select
  account.code,
  open_item.currency,
  open_item.effective_date as "effectiveDate",
  count(*) as items,
  sum(open_item.amount_minor)::bigint as "amountMinor"
from tieout.open_item
join tieout.account
  on account.book_id = open_item.book_id and account.account_id = open_item.account_id
where open_item.book_id = $1::bigint and open_item.effective_date <= $2::date
group by account.code, open_item.currency, open_item.effective_date
order by account.code collate "C", open_item.currency, open_item.effective_date
