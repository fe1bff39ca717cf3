-- Opens the items again that the matches revoked in this run had closed: as the posting opened them, with what was left of
-- them when they were tied. Not those that another match has tied anew.
--
-- The id of an item leads to its journal, but not to the day it was booked on: that is one of the few on which its account
-- moved with the effective date that the id begins with, or, where a closed period had put the posting off, with a later one.
--
--   $1 book_id          bigint
--   $2 run_id           bigint
--   $3 looks_for_later  boolean
with closed as materialized (
  select
    match_member.book_id, match_member.item_id, match_member.item_account_id as account_id,
    match_member.item_amount_minor as amount_minor,
    encode(set_byte(set_byte(uuid_send(match_member.item_id), 14, 0), 15, 0), 'hex')::uuid as journal_id,
    (get_byte(uuid_send(match_member.item_id), 14) * 256 + get_byte(uuid_send(match_member.item_id), 15)) / 2 as seq,
    date '1970-01-01' + (
      ('x' || encode(substring(uuid_send(match_member.item_id) for 6), 'hex'))::bit(48)::bigint / 86400000
    )::int as day
  from tieout.match_group
  join tieout.match_member
    on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
  where match_group.book_id = $1::bigint
    and match_group.closed_in_run = $2::bigint
    and match_group.status = 'revoked'
    and match_member.item_id is not null
    and not exists (
      select from tieout.match_member live
      where live.book_id = match_member.book_id and live.item_id = match_member.item_id and live.is_live
    )
),
opened as (
  select closed.item_id, closed.account_id, closed.amount_minor, posting.book_id, posting.booked_on, posting.journal_id,
    posting.currency, posting.effective_date, posting.item_reference
  from closed
  cross join lateral (
    select distinct account_day.booked_on
    from tieout.account_day
    where account_day.book_id = closed.book_id and account_day.account_id = closed.account_id
      and account_day.effective_date >= closed.day
      and account_day.effective_date <= case when $3::boolean then date 'infinity' else closed.day end
  ) moved
  join tieout.posting
    on posting.book_id = closed.book_id and posting.booked_on = moved.booked_on and posting.journal_id = closed.journal_id
    and posting.seq = closed.seq
)
insert into tieout.open_item (
  book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id,
  run_id
)
select distinct on (opened.item_id)
  opened.book_id, opened.item_id, opened.account_id, opened.currency, opened.amount_minor, journal.kind,
  coalesce(opened.item_reference, journal.reference), journal.payment_id, opened.effective_date, opened.booked_on,
  opened.journal_id, journal.run_id
from opened
join tieout.journal
  on journal.book_id = opened.book_id and journal.booked_on = opened.booked_on and journal.journal_id = opened.journal_id
order by opened.item_id
on conflict (book_id, item_id) do nothing
