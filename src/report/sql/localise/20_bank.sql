-- What the bank shows of the payouts of a batch: the entries tied to them, or told by an exception as short or over.
--
-- A payout that a corrected file has withdrawn is none: its own line closes it, and nothing of the bank.
--
--   $1 book_id  bigint
--   $2 source   text
--   $3 merchant text
--   $4 batch    text
--   $5 currency text
with payout as (
  select
    tieout.item_id(posting.journal_id, posting.seq, posting.opens_debit_item) as item_id,
    case when posting.opens_debit_item then posting.amount_minor else -posting.amount_minor end as amount_minor
  from tieout.batch_total
  join tieout.settlement_journal
    on settlement_journal.book_id = batch_total.book_id and settlement_journal.file_no = batch_total.file_no
    and settlement_journal.kind = 'settlement'
    and settlement_journal.batch_id = tieout.content_id(
      $2::text || '|' || batch_total.merchant || '|' || batch_total.batch || '|' || batch_total.currency
    )
  join tieout.posting
    on posting.book_id = settlement_journal.book_id and posting.booked_on = settlement_journal.booked_on
    and posting.journal_id = settlement_journal.journal_id and (posting.opens_debit_item or posting.opens_credit_item)
  where batch_total.book_id = $1::bigint and batch_total.merchant = $3::text and batch_total.batch = $4::text
    and batch_total.currency = $5::text
    and not exists (
      select from tieout.match_member
      join tieout.withdrawn_entry
        on withdrawn_entry.book_id = match_member.book_id and withdrawn_entry.file_no = match_member.file_no
        and withdrawn_entry.ordinal = match_member.ordinal
      where match_member.book_id = posting.book_id and match_member.is_live
        and match_member.item_id = tieout.item_id(posting.journal_id, posting.seq, posting.opens_debit_item)
    )
),
shown as (
  select payout.item_id, member.file_no, member.ordinal, member.part_minor
  from payout
  join tieout.match_member of_item
    on of_item.book_id = $1::bigint and of_item.item_id = payout.item_id and of_item.is_live
  cross join lateral (
    select match_allocation.file_no, match_allocation.ordinal, match_allocation.amount_minor as part_minor
    from tieout.match_allocation
    where match_allocation.book_id = of_item.book_id and match_allocation.group_id = of_item.group_id
      and match_allocation.item_id = payout.item_id and match_allocation.file_no is not null
    union all
    select of_item.file_no, of_item.ordinal, null
    where of_item.file_no is not null and not exists (
      select from tieout.match_allocation
      where match_allocation.book_id = of_item.book_id and match_allocation.group_id = of_item.group_id
    )
  ) member
  union
  select payout.item_id, exception_item.file_no, exception_item.ordinal, null
  from payout
  join tieout.exception_item
    on exception_item.book_id = $1::bigint and exception_item.item_id = payout.item_id
    and exception_item.code in ('SET_PAYOUT_SHORT', 'SET_PAYOUT_OVER') and exception_item.state <> 'RESOLVED'
)
select
  payout.item_id as "itemId",
  payout.amount_minor as "payoutMinor",
  entry.file_no as "fileNo",
  entry.ordinal,
  coalesce(shown.part_minor, entry.amount_minor) as "bankMinor",
  coalesce(entry.booking_date, entry.value_date) as day,
  statement.account_code as account,
  entry.attributes -> 'charges' as charges
from payout
left join shown on shown.item_id = payout.item_id
left join tieout.entry
  on entry.book_id = $1::bigint and entry.file_no = shown.file_no and entry.ordinal = shown.ordinal
left join tieout.statement
  on statement.book_id = entry.book_id and statement.file_no = entry.file_no
  and statement.statement_no = entry.statement_no
order by payout.item_id, entry.file_no, entry.ordinal
