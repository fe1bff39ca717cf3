-- The position in each foreign currency: what is held of it, what that cost in the book's base currency, and its last rate.
--
-- A position is a pair of accounts of one code, one in the foreign currency and one in the base currency. What is held is a
-- credit on the one, what it cost is a debit on the other; a currency that is owed has both signs turned.
--
--   $1 book_id  bigint
--   $2 prefix   text, what the codes of the position accounts begin with
--   $3 as_of    date, the last effective day that counts; null for all
with position as (
  select book_id, account_id, currency, upper(substr(code, length($2::text) + 1)) as foreign_currency
  from tieout.account
  where book_id = $1::bigint and starts_with(code, $2::text)
),
held as (
  select
    position.foreign_currency,
    book.base_currency,
    sum(case when position.currency = position.foreign_currency then day.credits_minor - day.debits_minor else 0 end) as foreign_minor,
    sum(case when position.currency = book.base_currency then day.debits_minor - day.credits_minor else 0 end) as cost_minor
  from position
  join tieout.book on book.book_id = position.book_id
  join tieout.account_day day on day.book_id = position.book_id and day.account_id = position.account_id
  where day.book_id = $1::bigint and ($3::date is null or day.effective_date <= $3::date)
  group by position.foreign_currency, book.base_currency
),
last_conversion as (
  select distinct on (side.currency)
    side.currency, conversion.from_currency, conversion.to_currency, conversion.rate, conversion.rate_date, conversion.rate_source
  from tieout.conversion
  join tieout.journal
    on journal.book_id = conversion.book_id and journal.booked_on = conversion.booked_on
    and journal.journal_id = conversion.journal_id
  cross join lateral (values (conversion.from_currency), (conversion.to_currency)) side (currency)
  where conversion.book_id = $1::bigint and ($3::date is null or journal.effective_date <= $3::date)
  order by side.currency, journal.effective_date desc, journal.booked_at desc, conversion.journal_id desc
)
select
  held.foreign_currency as "currency",
  held.base_currency as "baseCurrency",
  held.foreign_minor::bigint as "foreignMinor",
  held.cost_minor::bigint as "costMinor",
  last_conversion.from_currency as "lastFrom",
  last_conversion.to_currency as "lastTo",
  last_conversion.rate::text as "lastRate",
  last_conversion.rate_date as "lastRateDate",
  last_conversion.rate_source as "lastRateSource"
from held
left join last_conversion on last_conversion.currency = held.foreign_currency
order by held.foreign_currency
