-- Entries with what rules may look at of them.
--
--   $1 book_id  bigint
--   $2 file_no  bigint[]
--   $3 ordinal  bigint[]
select
  entry.file_no as "fileNo",
  entry.ordinal,
  source.role,
  source.source,
  case when source.role = 'processor' then 'assets:receivable:' || source.source else statement.account_code end as account,
  entry.type,
  entry.currency,
  case when source.role = 'processor' then entry.gross_minor else entry.amount_minor end as "amountMinor",
  entry.is_reversal as "isReversal",
  entry.booking_date as "bookingDate",
  entry.value_date as "valueDate",
  entry.external_id as "externalId",
  entry.reference,
  entry.original_reference as "originalReference",
  entry.account as merchant,
  entry.batch,
  entry.counterparty,
  entry.narrative
from unnest($2::bigint[], $3::bigint[]) as wanted (file_no, ordinal)
join tieout.entry
  on entry.book_id = $1::bigint and entry.file_no = wanted.file_no and entry.ordinal = wanted.ordinal
join tieout.statement
  on statement.book_id = entry.book_id and statement.file_no = entry.file_no
  and statement.statement_no = entry.statement_no
join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
