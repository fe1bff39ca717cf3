-- Every event tells of a journal that is there, and each announced journal has one event of its posting, no other has any.
--
--   $1 book_id  bigint
with event as (
  select booked_on, journal_id, count(*) as events, count(*) filter (where type = 'ledger.posted') as announcements
  from tieout.outbox_event
  where book_id = $1::bigint
  group by booked_on, journal_id
),
announced as (
  select booked_on, journal_id, key from tieout.journal where book_id = $1::bigint and is_announced
),
broken as (
  select 'event of journal ' || journal_id::text || ', which is not there' as example
  from event
  where not exists (
    select from tieout.journal
    where journal.book_id = $1::bigint and journal.booked_on = event.booked_on and journal.journal_id = event.journal_id
  )
  union all
  select 'journal ' || coalesce(announced.key, journal_id::text) || ' has ' || coalesce(event.announcements, 0) || ' announcements'
  from announced
  full join event using (booked_on, journal_id)
  where coalesce(event.announcements, 0) <> case when announced.key is null then 0 else 1 end
    and (announced.key is not null or exists (
      select from tieout.journal
      where journal.book_id = $1::bigint and journal.booked_on = event.booked_on and journal.journal_id = event.journal_id
    ))
)
select
  (select coalesce(sum(events), 0)::bigint from event) + (select count(*) from announced) as checked,
  count(*) as breaches,
  min(example) as example
from broken
