-- No posting of a day in a locked period was booked after the period was locked. A soft-closed one allows adjustments, so
-- nothing is counted there; once it is locked, what was adjusted before is still no breach.
--
--   $1 book_id  bigint
with locked as (
  select starts_on, ends_on, name, changed_at from tieout.period where book_id = $1::bigint and state = 'locked'
),
day as (
  select posting.effective_date, sum(posting.postings) as postings, max(locked.name) as name,
    min(locked.changed_at) as locked_at
  from (
    select effective_date, count(*) as postings
    from tieout.posting
    where book_id = $1::bigint and exists (select from locked)
    group by effective_date
  ) posting
  join locked on posting.effective_date between locked.starts_on and locked.ends_on
  group by posting.effective_date
),
late as (
  select booked_on, journal_id, key, booked_at
  from tieout.journal
  where book_id = $1::bigint and booked_at > (select min(changed_at) from locked)
),
broken as (
  select 'posting ' || posting.seq || ' of journal ' || late.key || ' in period ' || day.name as example
  from late
  join tieout.posting
    on posting.book_id = $1::bigint and posting.booked_on = late.booked_on and posting.journal_id = late.journal_id
  join day on day.effective_date = posting.effective_date
  where late.booked_at > day.locked_at
)
select (select coalesce(sum(postings), 0)::bigint from day) as checked, count(*) as breaches, min(example) as example
from broken
