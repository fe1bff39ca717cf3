-- SET_PAYOUT_OVER, SET_PAYOUT_SHORT: a bank entry that names a payout in transit, with another amount.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with near as (
  select match_candidate.*
  from tieout.match_candidate
  join tieout.open_item
    on open_item.book_id = match_candidate.book_id and open_item.item_id = match_candidate.item_id
  join tieout.open_entry
    on open_entry.book_id = match_candidate.book_id
    and open_entry.file_no = match_candidate.file_no
    and open_entry.ordinal = match_candidate.ordinal
  where match_candidate.book_id = $1::bigint and match_candidate.run_id = $2::bigint
),
counted as (
  select
    near.*,
    count(*) over (partition by book_id, file_no, ordinal) as items,
    count(*) over (partition by book_id, item_id) as entries
  from near
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text, group_id
)
select
  counted.book_id,
  $2::bigint,
  tieout.content_id('SET_PAYOUT|' || counted.file_no || '|' || counted.ordinal || '|' || counted.item_id::text),
  case
    when abs(counted.entry_amount_minor) > abs(counted.item_amount_minor) then 'SET_PAYOUT_OVER'
    else 'SET_PAYOUT_SHORT'
  end,
  'high',
  source_file.source,
  account.code,
  entry.currency,
  counted.entry_amount_minor,
  counted.entry_amount_minor - counted.item_amount_minor,
  coalesce(settlement_batch.batch, open_item.reference),
  settlement_batch.batch,
  counted.file_no,
  counted.ordinal,
  counted.item_id,
  entry.line,
  entry.element,
  coalesce(entry.value_date, entry.booking_date),
  'The bank shows {amount} for payout ' || coalesce(open_item.reference, '') || ', {expected} was in transit.' ||
    case when suggestion.group_id is null then '' else ' Suggested: ' || suggestion.residual_type || ' for the rest.' end,
  suggestion.group_id
from counted
join tieout.entry
  on entry.book_id = counted.book_id and entry.file_no = counted.file_no and entry.ordinal = counted.ordinal
join tieout.source_file on source_file.book_id = counted.book_id and source_file.file_no = counted.file_no
join tieout.open_item on open_item.book_id = counted.book_id and open_item.item_id = counted.item_id
join tieout.account on account.book_id = counted.book_id and account.account_id = counted.item_account_id
left join tieout.settlement_journal
  on settlement_journal.book_id = counted.book_id and settlement_journal.journal_id = open_item.journal_id
left join tieout.settlement_batch
  on settlement_batch.book_id = counted.book_id and settlement_batch.batch_id = settlement_journal.batch_id
left join lateral (
  select match_group.group_id, match_group.residual_type
  from tieout.match_member
  join tieout.match_group
    on match_group.book_id = match_member.book_id and match_group.group_id = match_member.group_id
    and match_group.status = 'suggested'
  where match_member.book_id = counted.book_id and match_member.file_no = counted.file_no
    and match_member.ordinal = counted.ordinal and not match_member.is_live
  order by match_group.group_id
  limit 1
) suggestion on true
where counted.items = 1
  and counted.entries = 1
  and counted.entry_amount_minor <> counted.item_amount_minor
