-- Lays the lines of each restatement of a file beside the entries that stand of its statement or batch, whichever of the
-- earlier files told them.
--
-- What stands is counted and not withdrawn. A line is the same as in the comparison of what was told; an entry without a line
-- is gone, and a line without an entry is new.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with line as (
  select
    restatement.restatement_no, restatement.kind, false as stands, entry.file_no, entry.ordinal, entry.type,
    entry.amount_minor, entry.gross_minor, entry.external_id, entry.identity,
    array[
      entry.fee_commission_minor::text, entry.fee_markup_minor::text, entry.fee_scheme_minor::text,
      entry.fee_interchange_minor::text, entry.fee_other_minor::text, entry.reference, entry.original_reference
    ] as details
  from tieout.restatement
  join tieout.entry
    on entry.book_id = restatement.book_id and entry.file_no = restatement.file_no
    and entry.currency = restatement.currency
    and (
      entry.statement_no = restatement.statement_no
      or (
        restatement.kind = 'settlement-report'
        and coalesce(entry.account, '') = restatement.account and entry.batch = restatement.number
      )
    )
  where restatement.book_id = $1::bigint and restatement.file_no = $2::bigint
  union all
  select
    telling.restatement_no, telling.kind, true, entry.file_no, entry.ordinal, entry.type, entry.amount_minor,
    entry.gross_minor, entry.external_id, entry.identity,
    array[
      entry.fee_commission_minor::text, entry.fee_markup_minor::text, entry.fee_scheme_minor::text,
      entry.fee_interchange_minor::text, entry.fee_other_minor::text, entry.reference, entry.original_reference
    ]
  from (
    select restatement.book_id, restatement.restatement_no, restatement.kind, restatement.account, restatement.number,
      restatement.currency, earlier.file_no, earlier.statement_no
    from tieout.restatement
    join tieout.statement own
      on own.book_id = restatement.book_id and own.file_no = restatement.file_no
      and own.statement_no = restatement.statement_no
    join tieout.statement earlier
      on earlier.book_id = own.book_id and earlier.account = own.account and earlier.currency = own.currency
      and earlier.kind = own.kind and earlier.number = own.number and earlier.opening_minor = own.opening_minor
      and (earlier.closing_date = own.closing_date or earlier.opening_date = own.opening_date)
      and earlier.file_no <> own.file_no
    where restatement.book_id = $1::bigint and restatement.file_no = $2::bigint
    union all
    select restatement.book_id, restatement.restatement_no, restatement.kind, restatement.account, restatement.number,
      restatement.currency, earlier.file_no, null
    from tieout.restatement
    join tieout.batch_total earlier
      on earlier.book_id = restatement.book_id and earlier.merchant = restatement.account
      and earlier.batch = restatement.number and earlier.currency = restatement.currency
      and earlier.file_no <> restatement.file_no
    where restatement.book_id = $1::bigint and restatement.file_no = $2::bigint
      and restatement.kind = 'settlement-report'
  ) telling
  join tieout.entry
    on entry.book_id = telling.book_id and entry.file_no = telling.file_no and entry.currency = telling.currency
    and (
      entry.statement_no = telling.statement_no
      or (
        telling.kind = 'settlement-report'
        and coalesce(entry.account, '') = telling.account and entry.batch = telling.number
      )
    )
  where entry.is_counted
    and not exists (
      select from tieout.withdrawn_entry
      where withdrawn_entry.book_id = entry.book_id and withdrawn_entry.file_no = entry.file_no
        and withdrawn_entry.ordinal = entry.ordinal
    )
),
alike as (
  select line.*, count(*) over (partition by restatement_no, stands, external_id) as same_external_id
  from line
),
keyed as (
  select alike.*,
    case
      when external_id is not null and max(same_external_id) over (partition by restatement_no, external_id) = 1
        then 'external ' || external_id
      else 'content ' || identity
    end as key
  from alike
),
counted as (
  select keyed.*, row_number() over (partition by restatement_no, stands, key order by file_no, ordinal) as occurrence
  from keyed
)
insert into tieout.corrected_line (
  book_id, file_no, restatement_no, line_no, ordinal, of_file_no, of_ordinal, is_same
)
select
  $1::bigint, $2::bigint, coalesce(now.restatement_no, before.restatement_no),
  row_number() over (
    partition by coalesce(now.restatement_no, before.restatement_no) order by now.ordinal, before.file_no, before.ordinal
  ),
  now.ordinal, before.file_no, before.ordinal,
  coalesce(
    (now.type, now.amount_minor, now.gross_minor) = (before.type, before.amount_minor, before.gross_minor)
      and (now.kind <> 'settlement-report' or now.details is not distinct from before.details),
    false
  )
from (select * from counted where not stands) now
full join (select * from counted where stands) before
  on before.restatement_no = now.restatement_no and before.key = now.key and before.occurrence = now.occurrence
