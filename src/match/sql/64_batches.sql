-- SET_BATCH_UNBALANCED: a batch some of whose records were kept aside; the residue is in suspense.
--
-- Until another file of the batch brings what is missing; what was withdrawn is missing nowhere.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with withdrawn as (
  select coalesce(entry.account, '') as merchant, entry.batch, entry.currency, sum(entry.amount_minor) as amount_minor
  from tieout.entry_withdrawal
  join tieout.entry
    on entry.book_id = entry_withdrawal.book_id and entry.file_no = entry_withdrawal.file_no
    and entry.ordinal = entry_withdrawal.ordinal
  where entry_withdrawal.book_id = $1::bigint
  group by coalesce(entry.account, ''), entry.batch, entry.currency
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  batch_total.book_id,
  $2::bigint,
  tieout.content_id('BATCH|' || batch_total.file_no || '|' || batch_total.merchant || '|' || batch_total.batch || '|' || batch_total.currency),
  'SET_BATCH_UNBALANCED',
  'high',
  source_file.source,
  'suspense:' || source_file.source,
  batch_total.currency,
  batch_total.payout_minor,
  batch_total.residue_minor,
  batch_total.batch,
  batch_total.batch,
  batch_total.file_no,
  null,
  null,
  null,
  null,
  null,
  'The lines of batch ' || batch_total.batch || ' leave a residue of {difference} against its payout; ' ||
    batch_total.rejections || ' of its records were kept aside.'
from tieout.batch_total
join tieout.source_file on source_file.book_id = batch_total.book_id and source_file.file_no = batch_total.file_no
join tieout.matched_file
  on matched_file.book_id = batch_total.book_id and matched_file.file_no = batch_total.file_no
left join withdrawn
  on withdrawn.merchant = batch_total.merchant and withdrawn.batch = batch_total.batch
  and withdrawn.currency = batch_total.currency
where batch_total.book_id = $1::bigint
  and batch_total.residue_minor <> 0
  and coalesce(withdrawn.amount_minor, 0) <> (
    select sum(any_file.residue_minor)
    from tieout.batch_total any_file
    join tieout.matched_file taken
      on taken.book_id = any_file.book_id and taken.file_no = any_file.file_no
    where any_file.book_id = batch_total.book_id
      and any_file.merchant = batch_total.merchant
      and any_file.batch = batch_total.batch
      and any_file.currency = batch_total.currency
  )
