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
-- Few: events beside what was announced, and announcements that lack theirs.
unequal as (
  select booked_on, journal_id, announced.key, coalesce(event.announcements, 0) as announcements
  from announced
  full join event using (booked_on, journal_id)
  where event.announcements is distinct from 1 or announced.key is null
),
broken as (
  select
    case
      when journal.journal_id is null then 'event of journal ' || unequal.journal_id::text || ', which is not there'
      else 'journal ' || journal.key || ' has ' || unequal.announcements || ' announcements'
    end as example
  from unequal
  left join tieout.journal
    on journal.book_id = $1::bigint and journal.booked_on = unequal.booked_on and journal.journal_id = unequal.journal_id
  where journal.journal_id is null
    or unequal.announcements <> case when unequal.key is null then 0 else 1 end
)
select
  (select coalesce(sum(events), 0)::bigint from event) + (select count(*) from announced) as checked,
  count(*) as breaches,
  min(example) as example
from broken
