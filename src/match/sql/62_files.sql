-- STM_INCONSISTENT, STM_UNKNOWN_ACCOUNT, SET_BATCH_UNBALANCED, FIL_NAME_CONFLICT, FIL_TRUNCATED, FIL_INVALID: files that
-- were kept aside.
--
-- All of the book, told once: a run that was planned or killed may have received them before this one.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  source_file.book_id,
  $2::bigint,
  tieout.content_id('FIL|' || source_file.sha256),
  case
    when source_file.reason_code in ('STM_INCONSISTENT', 'SET_BATCH_UNBALANCED', 'STM_UNKNOWN_ACCOUNT')
      then source_file.reason_code
    when source_file.reason_code = 'NAME_CONFLICT' then 'FIL_NAME_CONFLICT'
    when source_file.reason_code in (
      'TRUNCATED', 'TRUNCATED_GZIP', 'TRUNCATED_ZIP', 'XML_UNCLOSED', 'CLOSING_MISSING', 'UNCLOSED_QUOTE', 'TRAILER_MISSING'
    ) then 'FIL_TRUNCATED'
    else 'FIL_INVALID'
  end,
  'high',
  source_file.source,
  null,
  source_file.reason_currency,
  null::bigint,
  source_file.difference_minor,
  coalesce(source_file.reason_reference, source_file.name),
  case when source_file.reason_code = 'SET_BATCH_UNBALANCED' then source_file.reason_reference end,
  source_file.file_no,
  null::bigint,
  null::uuid,
  source_file.reason_line,
  source_file.reason_element,
  null::date,
  'File ' || source_file.name || ' is kept aside, nothing of it is posted: ' || source_file.reason_text || ' [' ||
    source_file.reason_code || '].'
from tieout.source_file
where source_file.book_id = $1::bigint and source_file.state in ('rejected', 'held')
