-- What an account sums to before the first day of a statement and at the end of its last; debits less credits.
--
--   $1 book_id     bigint
--   $2 account_id  bigint
--   $3 from        date, the first effective date of the statement; null for the account's first
--   $4 to          date, the last one; null for all
--   $5 known_at    date, the last booking day that counts; null for all
select
  coalesce(sum(debits_minor - credits_minor) filter (where effective_date < $3::date), 0)::bigint as "openingMinor",
  coalesce(sum(debits_minor - credits_minor), 0)::bigint as "closingMinor"
from tieout.account_day
where book_id = $1::bigint
  and account_id = $2::bigint
  and ($4::date is null or effective_date <= $4::date)
  and ($5::date is null or booked_on <= $5::date)
