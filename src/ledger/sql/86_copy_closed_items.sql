-- Copies the items aside that matches made since a run have closed, as their postings opened them, with what was left of them
-- when they were tied. Not those that are there already, nor those that a withdrawn payout took away.
--
-- How an item leads to its posting is told in 82_reopen_items.
--
--   $1 book_id          bigint
--   $2 aside_book_id    bigint
--   $3 is_receivable    boolean
--   $4 since_run        bigint
--   $5 looks_for_later  boolean
with closed as materialized (
  select distinct on (match_member.item_id)
    match_member.item_id, match_member.item_account_id as account_id, match_member.item_amount_minor as amount_minor,
    encode(set_byte(set_byte(uuid_send(match_member.item_id), 14, 0), 15, 0), 'hex')::uuid as journal_id,
    (get_byte(uuid_send(match_member.item_id), 14) * 256 + get_byte(uuid_send(match_member.item_id), 15)) / 2 as seq,
    date '1970-01-01' + (
      ('x' || encode(substring(uuid_send(match_member.item_id) for 6), 'hex'))::bit(48)::bigint / 86400000
    )::int as day
  from tieout.match_member
  join tieout.match_told
    on match_told.book_id = match_member.book_id and match_told.group_id = match_member.group_id
  join tieout.account on account.book_id = match_member.book_id and account.account_id = match_member.item_account_id
  where match_member.book_id = $1::bigint
    and match_member.run_id >= $4::bigint
    and match_member.item_id is not null
    and match_told.status in ('confirmed', 'revoked')
    and match_told.rule not like 'payout-withdrawn@%'
    and (account.code like 'assets:receivable:%') = $3::boolean
    and match_member.item_id not in (
      select open_item.item_id from tieout.open_item where open_item.book_id = $2::bigint
    )
  order by match_member.item_id, abs(match_member.item_amount_minor) desc
),
opened as (
  select closed.item_id, closed.account_id, closed.amount_minor, posting.book_id, posting.booked_on, posting.journal_id,
    posting.currency, posting.effective_date, posting.item_reference
  from closed
  cross join lateral (
    select distinct account_day.booked_on
    from tieout.account_day
    where account_day.book_id = $1::bigint and account_day.account_id = closed.account_id
      and account_day.effective_date >= closed.day
      and account_day.effective_date <= case when $5::boolean then date 'infinity' else closed.day end
  ) moved
  join tieout.posting
    on posting.book_id = $1::bigint and posting.booked_on = moved.booked_on and posting.journal_id = closed.journal_id
    and posting.seq = closed.seq
)
insert into tieout.open_item (
  book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id,
  run_id
)
select distinct on (opened.item_id)
  $2::bigint, opened.item_id, opened.account_id, opened.currency, opened.amount_minor, journal.kind,
  coalesce(opened.item_reference, journal.reference), journal.payment_id, opened.effective_date, opened.booked_on,
  opened.journal_id, journal.run_id
from opened
join tieout.journal
  on journal.book_id = opened.book_id and journal.booked_on = opened.booked_on and journal.journal_id = opened.journal_id
order by opened.item_id
