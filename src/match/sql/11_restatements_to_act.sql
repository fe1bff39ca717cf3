-- The restatements that this run acts upon, with the match groups that hold what they withdraw and the items that withdrawn
-- payouts had opened.
--
-- An item in transit goes with the payout lines that opened it, whether a bank entry has closed it or not. What lines of one
-- reference opened together is one item.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with act as (
  select restatement.*, source_file.name, source_file.source, original.name as of_name,
    tieout.content_id(concat_ws(
      '|', 'RESTATEMENT', original.sha256, source_file.sha256, restatement.kind, restatement.account, restatement.number,
      restatement.currency
    )) as restatement_id
  from tieout.restatement
  join tieout.matched_file
    on matched_file.book_id = restatement.book_id and matched_file.file_no = restatement.file_no
    and matched_file.run_id = $2::bigint
  join tieout.source_file
    on source_file.book_id = restatement.book_id and source_file.file_no = restatement.file_no
  join tieout.source_file original
    on original.book_id = restatement.book_id and original.file_no = restatement.of_file_no
  where restatement.book_id = $1::bigint and restatement.stands_because is null
),
withdrawn as (
  select act.restatement_no as own_no, act.file_no as own_file_no, entry.*,
    tieout.content_id(
      source_file.source || '|' || coalesce(entry.account, '') || '|' || coalesce(entry.batch, '') || '|' || entry.currency
    ) as batch_id
  from act
  join tieout.withdrawn_entry
    on withdrawn_entry.book_id = act.book_id and withdrawn_entry.restated_by_file_no = act.file_no
    and withdrawn_entry.restatement_no = act.restatement_no
  join tieout.entry
    on entry.book_id = withdrawn_entry.book_id and entry.file_no = withdrawn_entry.file_no
    and entry.ordinal = withdrawn_entry.ordinal
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
),
payout_item as (
  select withdrawn.own_file_no, withdrawn.own_no, withdrawn.file_no, min(withdrawn.ordinal) as ordinal,
    tieout.item_id(posting.journal_id, posting.seq, posting.opens_debit_item) as item_id,
    case when posting.opens_debit_item then posting.debit_account_id else posting.credit_account_id end as account_id
  from withdrawn
  join tieout.settlement_journal
    on settlement_journal.book_id = withdrawn.book_id and settlement_journal.file_no = withdrawn.file_no
    and settlement_journal.batch_id = withdrawn.batch_id and settlement_journal.kind in ('settlement', 'withdrawal')
  join tieout.journal
    on journal.book_id = settlement_journal.book_id and journal.booked_on = settlement_journal.booked_on
    and journal.journal_id = settlement_journal.journal_id
  join tieout.posting
    on posting.book_id = settlement_journal.book_id and posting.booked_on = settlement_journal.booked_on
    and posting.journal_id = settlement_journal.journal_id
    and posting.opens_debit_item <> posting.opens_credit_item
    and coalesce(posting.item_reference, journal.reference) = coalesce(withdrawn.reference, journal.reference)
  where withdrawn.type = 'payout'
  group by withdrawn.own_file_no, withdrawn.own_no, withdrawn.file_no, posting.journal_id, posting.seq,
    posting.opens_debit_item, posting.debit_account_id, posting.credit_account_id
),
standing_item as (
  select payout_item.*, match_member.group_id, coalesce(open_item.amount_minor, match_member.item_amount_minor) as amount_minor
  from payout_item
  left join tieout.open_item on open_item.book_id = $1::bigint and open_item.item_id = payout_item.item_id
  left join tieout.match_member
    on match_member.book_id = $1::bigint and match_member.item_id = payout_item.item_id and match_member.is_live
  left join tieout.match_told
    on match_told.book_id = match_member.book_id and match_told.group_id = match_member.group_id
  where coalesce(open_item.amount_minor, match_member.item_amount_minor) is not null
    and match_told.rule is distinct from $3::text
)
select
  act.file_no as "fileNo",
  act.restatement_no as "restatementNo",
  act.restatement_id as "restatementId",
  act.name || ' corrects ' || case when act.kind = 'settlement-report' then 'batch ' else 'statement ' end || act.number ||
    ' of ' || act.account || ' as ' || act.of_name || ' told it' as because,
  (
    select count(*) from withdrawn where withdrawn.own_file_no = act.file_no and withdrawn.own_no = act.restatement_no
  ) as withdrawn,
  (
    select count(*)
    from tieout.entry
    where entry.book_id = act.book_id and entry.file_no = act.file_no and entry.is_counted
      and entry.currency = act.currency
      and (
        entry.statement_no = act.statement_no
        or (
          act.kind = 'settlement-report' and coalesce(entry.account, '') = act.account and entry.batch = act.number
        )
      )
  ) as taken,
  coalesce((
    select json_agg(held.group_id order by held.group_id)
    from (
      select match_member.group_id
      from withdrawn
      join tieout.match_member
        on match_member.book_id = withdrawn.book_id and match_member.file_no = withdrawn.file_no
        and match_member.ordinal = withdrawn.ordinal and match_member.is_live
      where withdrawn.own_file_no = act.file_no and withdrawn.own_no = act.restatement_no
      union
      select standing_item.group_id
      from standing_item
      where standing_item.own_file_no = act.file_no and standing_item.own_no = act.restatement_no
        and standing_item.group_id is not null
    ) held
  ), '[]') as "groupIds",
  coalesce((
    select json_agg(json_build_object(
      'fileNo', standing_item.file_no::text, 'ordinal', standing_item.ordinal::text, 'itemId', standing_item.item_id,
      'accountId', standing_item.account_id::text, 'amountMinor', standing_item.amount_minor::text
    ) order by standing_item.item_id)
    from standing_item
    where standing_item.own_file_no = act.file_no and standing_item.own_no = act.restatement_no
  ), '[]') as items
from act
order by act.file_no, act.restatement_no
