-- Writes made-up entries into a scratch book: a file for each source, a statement for each account in it, the entries in the
-- order they are given.
--
--   $1 book_id      bigint
--   $2 received_at  timestamptz
--   $3 entries      jsonb, an array of objects; amounts as text of minor units
with told as materialized (
  select
    place as ordinal, row ->> 'source' as source, row ->> 'role' as role, row ->> 'accountCode' as account_code,
    row ->> 'type' as type, row ->> 'currency' as currency, (row ->> 'amountMinor')::bigint as amount_minor,
    (row ->> 'isReversal')::boolean as is_reversal, (row ->> 'bookingDate')::date as booking_date,
    (row ->> 'valueDate')::date as value_date, row ->> 'externalId' as external_id, row ->> 'reference' as reference,
    row ->> 'originalReference' as original_reference, row ->> 'merchant' as account, row ->> 'batch' as batch,
    row ->> 'counterparty' as counterparty, row ->> 'narrative' as narrative
  from jsonb_array_elements($3::jsonb) with ordinality as given (row, place)
),
numbered as materialized (
  select told.*, dense_rank() over (order by source) as file_no, dense_rank() over (order by source, account_code) as statement_no
  from told
),
sources as (
  insert into tieout.source (book_id, source, role)
  select distinct $1::bigint, numbered.source, numbered.role from numbered
),
files as (
  insert into tieout.source_file (
    book_id, file_no, sha256, name, size_bytes, source, state, received_at, entries_read, entries_loaded, entries_duplicate,
    entries_rejected, entries_ignored, diagnostics
  )
  select $1::bigint, numbered.file_no, 'scratch-' || numbered.file_no, numbered.source, 0, numbered.source, 'loaded',
    $2::timestamptz, count(*), count(*), 0, 0, 0, 0
  from numbered
  group by numbered.file_no, numbered.source
),
statements as (
  insert into tieout.statement (
    book_id, file_no, statement_no, kind, credits_minor, debits_minor, entries, account_code, chain, line
  )
  select $1::bigint, numbered.file_no, numbered.statement_no,
    case when numbered.role = 'bank' then 'bank-statement' else 'settlement-report' end, 0, 0, count(*),
    numbered.account_code, 'unchained', 1
  from numbered
  group by numbered.file_no, numbered.statement_no, numbered.role, numbered.account_code
)
insert into tieout.entry (
  book_id, file_no, ordinal, statement_no, type, status, currency, amount_minor, gross_minor, fee_commission_minor,
  fee_markup_minor, fee_scheme_minor, fee_interchange_minor, fee_other_minor, is_reversal, booking_date, value_date,
  external_id, reference, original_reference, account, batch, counterparty, narrative, identity, is_identity_unique, details,
  line, is_counted
)
select $1::bigint, numbered.file_no, numbered.ordinal, numbered.statement_no, numbered.type, 'booked', numbered.currency,
  numbered.amount_minor, numbered.amount_minor, 0, 0, 0, 0, 0, numbered.is_reversal, numbered.booking_date,
  numbered.value_date, numbered.external_id, numbered.reference, numbered.original_reference, numbered.account,
  numbered.batch, numbered.counterparty, numbered.narrative, 'scratch-' || numbered.ordinal, true, 1, numbered.ordinal, true
from numbered
