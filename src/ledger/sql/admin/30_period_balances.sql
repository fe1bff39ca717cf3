-- Writes what each account sums to at the end of a period, from its first day on.
--
--   $1 book_id    bigint
--   $2 starts_on  date
--   $3 ends_on    date
insert into tieout.period_balance (book_id, starts_on, account_id, debits_minor, credits_minor)
select book_id, $2::date, account_id, sum(debits_minor)::bigint, sum(credits_minor)::bigint
from tieout.account_day
where book_id = $1::bigint and effective_date <= $3::date
group by book_id, account_id
order by account_id
