-- Writes the rate of a conversion beside the journal that its key claimed; once, however often it is asked.
--
--   $1 book_id        bigint
--   $2 key_hash       bytea
--   $3 from_currency  text
--   $4 from_minor     bigint
--   $5 to_currency    text
--   $6 to_minor       bigint
--   $7 rate           numeric, units of the one for one unit of the other, both in major units
--   $8 rate_date      date
--   $9 rate_source    text
insert into tieout.conversion (
  book_id, journal_id, booked_on, from_currency, from_minor, to_currency, to_minor, rate, rate_date, rate_source
)
select book_id, journal_id, booked_on, $3::text, $4::bigint, $5::text, $6::bigint, $7::numeric, $8::date, $9::text
from tieout.journal_key
where book_id = $1::bigint and key_hash = $2::bytea
on conflict (book_id, journal_id) do nothing
