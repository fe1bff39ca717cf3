-- What an account was moved by, up to an effective date and a booking day: by the other account and the kind of journal.
--
--   $1 book_id     bigint
--   $2 account_id  bigint
--   $3 as_of       date, the last effective date that counts; null for all
--   $4 known_at    date, the last booking day that counts; null for all
with moved as (
  select account_line.book_id, account_line.other_account_id, journal.kind,
    count(*) as lines,
    coalesce(sum(account_line.signed_minor) filter (where account_line.side = 'debit'), 0) as debits_minor,
    coalesce(-sum(account_line.signed_minor) filter (where account_line.side = 'credit'), 0) as credits_minor
  from tieout.account_line
  join tieout.journal
    on journal.book_id = account_line.book_id and journal.booked_on = account_line.booked_on
    and journal.journal_id = account_line.journal_id
  where account_line.book_id = $1::bigint
    and account_line.account_id = $2::bigint
    and account_line.layer = 'settled'
    and ($3::date is null or account_line.effective_date <= $3::date)
    and ($4::date is null or account_line.booked_on <= $4::date)
  group by account_line.book_id, account_line.other_account_id, journal.kind
)
select
  other.code as "counterAccount",
  moved.kind,
  moved.lines,
  moved.debits_minor::bigint as "debitsMinor",
  moved.credits_minor::bigint as "creditsMinor",
  (moved.debits_minor - moved.credits_minor)::bigint as "amountMinor"
from moved
join tieout.account other on other.book_id = moved.book_id and other.account_id = moved.other_account_id
order by other.code, moved.kind
