-- Accounting periods: the lock that closing and posting share, and the day a posting moves to when its own is closed.

create function tieout.period_lock_key(book_id bigint) returns bigint
language sql immutable strict parallel safe
return period_lock_key.book_id # 5716823104962893153;
comment on function tieout.period_lock_key(bigint) is
  'The advisory lock of a book''s periods: whoever posts takes it shared, whoever changes a period takes it alone.';

create function tieout.next_open_day(book_id bigint, day date) returns date
language sql stable strict
return greatest(next_open_day.day, (
  select max(period.ends_on) + 1
  from tieout.period
  where period.book_id = next_open_day.book_id and period.state <> 'open'
));
comment on function tieout.next_open_day(bigint, date) is
  'The first day from this one on that is open: closed periods are one unbroken row, and what lies before them is closed too.';
