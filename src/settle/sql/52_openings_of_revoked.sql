-- Journals that opened items for the groups revoked in this run and are not reversed yet, each with an item of it that is
-- not open any more, and the match that holds it.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  match_group.group_id as "groupId",
  journal.key,
  posting.currency,
  max(posting.item_id::text) filter (where posting.is_closed) as "closedItem",
  max(posting.held_by::text) as "heldBy"
from tieout.match_group
join tieout.settlement_journal
  on settlement_journal.book_id = match_group.book_id and settlement_journal.group_id = match_group.group_id
  and settlement_journal.kind = 'opening'
join tieout.journal
  on journal.book_id = settlement_journal.book_id and journal.booked_on = settlement_journal.booked_on
  and journal.journal_id = settlement_journal.journal_id
cross join lateral (
  select opened.currency, opened.item_id, match_member.group_id as held_by,
    not exists (
      select from tieout.open_item
      where open_item.book_id = journal.book_id and open_item.item_id = opened.item_id
    ) as is_closed
  from (
    select line.currency, tieout.item_id(line.journal_id, line.seq, line.opens_debit_item) as item_id
    from tieout.posting line
    where line.book_id = journal.book_id and line.booked_on = journal.booked_on and line.journal_id = journal.journal_id
      and (line.opens_debit_item or line.opens_credit_item)
  ) opened
  left join tieout.match_member
    on match_member.book_id = journal.book_id and match_member.item_id = opened.item_id and match_member.is_live
) posting
where match_group.book_id = $1::bigint
  and match_group.closed_in_run = $2::bigint
  and match_group.status = 'revoked'
  and not exists (
    select from tieout.reversal
    where reversal.book_id = journal.book_id and reversal.reversed_journal_id = journal.journal_id
  )
group by match_group.group_id, journal.key, posting.currency
order by match_group.group_id, journal.key
