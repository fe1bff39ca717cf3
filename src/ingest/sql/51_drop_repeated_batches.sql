-- Drops the batches whose every line repeats another one of the known batch by a guaranteed id, which has no line more.
--
-- A report sent again with its rows in another order is the usual case, and comparing it line by line would cost as much as
-- loading it. A line with a known id and other content repeats nothing.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with repeated as (
  select restatement.restatement_no, count(*) as lines
  from tieout.restatement
  join tieout.entry
    on entry.book_id = restatement.book_id and entry.file_no = restatement.file_no
    and coalesce(entry.account, '') = restatement.account and entry.batch = restatement.number
    and entry.currency = restatement.currency
  left join tieout.entry known
    on known.book_id = restatement.book_id and known.file_no = restatement.of_file_no
    and known.file_no = entry.duplicate_of_file_no and known.ordinal = entry.duplicate_of_ordinal
  where restatement.book_id = $1::bigint
    and restatement.file_no = $2::bigint
    and restatement.kind = 'settlement-report'
  group by restatement.restatement_no
  having bool_and(entry.is_identity_unique)
    and count(known.ordinal) = count(*)
    and count(distinct known.ordinal) = count(*)
    and bool_and(
      (entry.type, entry.currency, entry.amount_minor, entry.gross_minor, entry.fee_commission_minor,
       entry.fee_markup_minor, entry.fee_scheme_minor, entry.fee_interchange_minor, entry.fee_other_minor, entry.reference,
       entry.original_reference)
      is not distinct from
      (known.type, known.currency, known.amount_minor, known.gross_minor, known.fee_commission_minor,
       known.fee_markup_minor, known.fee_scheme_minor, known.fee_interchange_minor, known.fee_other_minor, known.reference,
       known.original_reference)
    )
)
delete from tieout.restatement
using repeated, tieout.batch_total known
where restatement.book_id = $1::bigint
  and restatement.file_no = $2::bigint
  and restatement.restatement_no = repeated.restatement_no
  and known.book_id = restatement.book_id
  and known.file_no = restatement.of_file_no
  and known.merchant = restatement.account
  and known.batch = restatement.number
  and known.currency = restatement.currency
  and known.lines = repeated.lines
