-- Writes what each account sums to at the end of a period that was closed or locked, and of every soft-closed one: those may
-- have been adjusted since they were summed up, or one before them.
--
--   $1 book_id    bigint
--   $2 starts_on  date
insert into tieout.period_balance (book_id, starts_on, account_id, debits_minor, credits_minor)
select
  period.book_id, period.starts_on, account_day.account_id, sum(account_day.debits_minor)::bigint,
  sum(account_day.credits_minor)::bigint
from tieout.period
join tieout.account_day on account_day.book_id = period.book_id and account_day.effective_date <= period.ends_on
where period.book_id = $1::bigint
  and (period.state = 'soft_closed' or (period.state = 'locked' and period.starts_on = $2::date))
group by period.book_id, period.starts_on, account_day.account_id
order by period.starts_on, account_day.account_id
