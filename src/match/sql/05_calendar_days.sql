-- Writes the days of calendars that are not there yet.
--
-- A day once written stays: calendars that count otherwise have another key.
--
--   $1 book_id          bigint
--   $2 calendar         text[]
--   $3 day              date[]
--   $4 business_day_no  int[]
insert into tieout.calendar_day (book_id, calendar, day, business_day_no)
select $1::bigint, numbered.calendar, numbered.day, numbered.business_day_no
from unnest($2::text[], $3::date[], $4::int[]) as numbered (calendar, day, business_day_no)
on conflict (book_id, calendar, day) do nothing
