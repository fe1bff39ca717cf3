-- Accounting periods: the lock that closing and posting share, and the day a posting moves to when its own is closed.

create function tieout.period_lock_key(book_id bigint) returns bigint
language sql immutable strict parallel safe
return period_lock_key.book_id # 5716823104962893153;
comment on function tieout.period_lock_key(bigint) is
  'The advisory lock of a book''s periods: whoever posts takes it shared, whoever changes a period takes it alone.';

create function tieout.next_open_day(book_id bigint, day date) returns date
language sql stable strict
return (
  select min(candidate.day)
  from (
    select next_open_day.day as day
    union all
    select period.ends_on + 1
    from tieout.period
    where period.book_id = next_open_day.book_id and period.state <> 'open' and period.ends_on >= next_open_day.day
  ) candidate
  where not exists (
    select from tieout.period closed
    where closed.book_id = next_open_day.book_id
      and closed.state <> 'open'
      and candidate.day between closed.starts_on and closed.ends_on
  )
);
comment on function tieout.next_open_day(bigint, date) is
  'The first day from this one on that lies in no soft-closed or locked period; the day itself when it is open.';
