-- Compares each restated statement or batch of a file with what was told before, line by line.
--
-- A line is the same by an external id that is unique on both sides, else by its identity and how often it was there before.
-- What contradicts a known id was kept aside, or will be, and is compared all the same. A line of a settlement report is another
-- one too when its fees or references are.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with told as (
  select
    file_no, ordinal, statement_no, type, currency, coalesce(account, '') as account, batch, amount_minor, gross_minor,
    external_id, reference, identity,
    array[
      fee_commission_minor::text, fee_markup_minor::text, fee_scheme_minor::text, fee_interchange_minor::text,
      fee_other_minor::text, reference, original_reference
    ] as details
  from tieout.entry
  where book_id = $1::bigint
    and file_no = any (array(
      select file_no from tieout.restatement where book_id = $1::bigint and file_no = $2::bigint
      union
      select of_file_no from tieout.restatement where book_id = $1::bigint and file_no = $2::bigint
    ))
  union all
  select
    file_no, ordinal, statement_no, type, currency, coalesce(account, ''), batch, amount_minor, gross_minor, external_id,
    reference, identity,
    array[
      record->>'fee_commission_minor', record->>'fee_markup_minor', record->>'fee_scheme_minor',
      record->>'fee_interchange_minor', record->>'fee_other_minor', reference, record->>'original_reference'
    ]
  from tieout.identity_conflict
  where book_id = $1::bigint
    and file_no = any (array(
      select file_no from tieout.restatement where book_id = $1::bigint and file_no = $2::bigint
      union
      select of_file_no from tieout.restatement where book_id = $1::bigint and file_no = $2::bigint
    ))
),
side as (
  select book_id, restatement_no, kind, account, currency, number, false as is_original, file_no, statement_no
  from tieout.restatement
  where book_id = $1::bigint and file_no = $2::bigint
  union all
  select book_id, restatement_no, kind, account, currency, number, true, of_file_no, of_statement_no
  from tieout.restatement
  where book_id = $1::bigint and file_no = $2::bigint
),
line as (
  select side.book_id, side.restatement_no, side.kind, side.is_original, told.*
  from side
  join told on told.file_no = side.file_no and told.statement_no = side.statement_no and told.currency = side.currency
  where side.kind = 'bank-statement'
  union all
  select side.book_id, side.restatement_no, side.kind, side.is_original, told.*
  from side
  join told
    on told.file_no = side.file_no and told.account = side.account and told.batch = side.number
    and told.currency = side.currency
  where side.kind = 'settlement-report'
),
alike as (
  select line.*,
    count(*) over (partition by book_id, restatement_no, is_original, external_id) as same_external_id
  from line
),
keyed as (
  select alike.*,
    case
      when external_id is not null and max(same_external_id) over (
        partition by book_id, restatement_no, external_id
      ) = 1 then 'external ' || external_id
      else 'content ' || identity
    end as key
  from alike
),
counted as (
  select keyed.*,
    row_number() over (partition by book_id, restatement_no, is_original, key order by ordinal) as occurrence
  from keyed
),
compared as (
  select
    coalesce(now.restatement_no, before.restatement_no) as restatement_no,
    now.ordinal, before.ordinal as of_ordinal,
    now.amount_minor, before.amount_minor as of_amount_minor,
    now.gross_minor, before.gross_minor as of_gross_minor,
    coalesce(now.external_id, before.external_id) as external_id,
    coalesce(now.reference, before.reference) as reference
  from (select * from counted where not is_original) now
  full join (select * from counted where is_original) before
    on before.restatement_no = now.restatement_no and before.key = now.key and before.occurrence = now.occurrence
  where now.ordinal is null
    or before.ordinal is null
    or (now.amount_minor, now.gross_minor, now.type) is distinct from (before.amount_minor, before.gross_minor, before.type)
    or (now.kind = 'settlement-report' and now.details is distinct from before.details)
)
insert into tieout.restatement_line (
  book_id, file_no, restatement_no, line_no, change, ordinal, of_ordinal, amount_minor, of_amount_minor, gross_minor,
  of_gross_minor, external_id, reference
)
select
  $1::bigint, $2::bigint, restatement_no,
  row_number() over (partition by restatement_no order by ordinal nulls last, of_ordinal),
  case when of_ordinal is null then 'added' when ordinal is null then 'removed' else 'changed' end,
  ordinal, of_ordinal, amount_minor, of_amount_minor, gross_minor, of_gross_minor, external_id, reference
from compared
