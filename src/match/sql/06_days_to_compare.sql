-- The first and the last day of what a run compares: bank entries and items in transit, no further from today than told.
--
--   $1 book_id    bigint
--   $2 run_id     bigint
--   $3 today      date
--   $4 most_days  int
select min(told.day) as from, max(told.day) as to
from (
  select coalesce(entry_to_match.value_date, entry_to_match.booking_date) as day
  from tieout.entry_to_match
  where entry_to_match.book_id = $1::bigint
    and (entry_to_match.is_carried or entry_to_match.run_id = $2::bigint)
    and entry_to_match.role = 'bank'
  union all
  select entry_to_match.booking_date
  from tieout.entry_to_match
  where entry_to_match.book_id = $1::bigint
    and (entry_to_match.is_carried or entry_to_match.run_id = $2::bigint)
    and entry_to_match.role = 'bank'
  union all
  select open_item.effective_date
  from tieout.open_item
  join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
  where open_item.book_id = $1::bigint
    and account.code not like 'assets:receivable:%'
) told
where told.day between $3::date - $4::int and $3::date + $4::int
