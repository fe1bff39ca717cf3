-- NRM_*: records of this run's files that could not be read, or contradict what is known of their id; but for those of a batch
-- that a later file corrects as a whole.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  rejection.book_id,
  $2::bigint,
  tieout.content_id('NRM|' || rejection.file_no || '|' || rejection.rejection_no),
  case
    when rejection.reason_code = 'IDENTITY_CONFLICT' then 'NRM_IDENTITY_CONFLICT'
    when rejection.reason_code like 'CCY%' then 'NRM_BAD_CURRENCY'
    when rejection.reason_code like '%DATE%'
      or rejection.reason_code in ('LOCAL_TIME_NONEXISTENT', 'LOCAL_TIME_AMBIGUOUS', 'UNKNOWN_ZONE') then 'NRM_BAD_DATE'
    when rejection.reason_code like '%AMOUNT%'
      or rejection.reason_code in (
        'BAD_NUMBER', 'TOO_MANY_DECIMALS', 'NET_EQUATION', 'ROW_SUM', 'FEES_TOTAL', 'BAD_RATE', 'BAD_BALANCE'
      ) then 'NRM_BAD_AMOUNT'
    when rejection.reason_code like '%MISSING' or rejection.reason_code = 'FIELD_COUNT' then 'NRM_FIELD_MISSING'
    else 'NRM_UNREADABLE'
  end,
  'medium',
  source_file.source,
  null,
  rejection.currency,
  rejection.amount_minor,
  null,
  rejection.batch,
  rejection.batch,
  rejection.file_no,
  null,
  null,
  rejection.line,
  rejection.element,
  null,
  'A record of ' || source_file.name || ' is kept aside: ' || rejection.reason_text || ' [' || rejection.reason_code || '].'
from tieout.rejection
join tieout.source_file on source_file.book_id = rejection.book_id and source_file.file_no = rejection.file_no
join tieout.matched_file
  on matched_file.book_id = rejection.book_id and matched_file.file_no = rejection.file_no
  and matched_file.run_id = $2::bigint
where rejection.book_id = $1::bigint
  and not exists (
    select from tieout.restatement
    join tieout.matched_file correction
      on correction.book_id = restatement.book_id and correction.file_no = restatement.file_no
    join tieout.batch_total
      on batch_total.book_id = restatement.book_id and batch_total.merchant = restatement.account
      and batch_total.batch = restatement.number and batch_total.currency = restatement.currency
      and batch_total.file_no <> restatement.file_no
    where restatement.book_id = rejection.book_id
      and restatement.kind = 'settlement-report'
      and restatement.stands_because is null
      and restatement.file_no > rejection.file_no
      and restatement.number = rejection.batch
      and batch_total.file_no = rejection.file_no
  )
