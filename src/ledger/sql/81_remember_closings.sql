-- Remembers of every item that a match revoked in this run had closed when it was closed, and when it is opened again: the
-- day of the revocation's journal, or of the run where nothing had to be moved.
--
--   $1 book_id    bigint
--   $2 run_id     bigint
--   $3 booked_on  date
insert into tieout.item_reopening (
  book_id, item_id, group_id, part_no, account_id, currency, amount_minor, closed_effective_date, closed_booked_on,
  closing_journal_id, reopened_effective_date, reopened_booked_on, reopening_journal_id, run_id
)
select
  item_tie.book_id, item_tie.item_id, item_tie.group_id, item_tie.part_no, item_tie.account_id, account.currency,
  item_tie.item_amount_minor, item_tie.effective_date, item_tie.booked_on, item_tie.journal_id,
  coalesce(journal.effective_date, tieout.next_open_day(run.book_id, run.business_date), run.business_date),
  coalesce(journal.booked_on, $3::date), journal.journal_id, $2::bigint
from tieout.match_group
join tieout.item_tie on item_tie.book_id = match_group.book_id and item_tie.group_id = match_group.group_id
join tieout.account on account.book_id = item_tie.book_id and account.account_id = item_tie.account_id
join tieout.run on run.book_id = match_group.book_id and run.run_id = match_group.closed_in_run
left join (
  tieout.settlement_journal
  join tieout.journal
    on journal.book_id = settlement_journal.book_id and journal.booked_on = settlement_journal.booked_on
    and journal.journal_id = settlement_journal.journal_id and journal.reverses_journal_id is null
)
  on settlement_journal.book_id = match_group.book_id and settlement_journal.group_id = match_group.group_id
  and settlement_journal.kind = 'revocation'
where match_group.book_id = $1::bigint
  and match_group.closed_in_run = $2::bigint
  and match_group.status = 'revoked'
on conflict (book_id, item_id, group_id, part_no) do nothing
