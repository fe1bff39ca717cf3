-- Copies entries of the files that a scratch book has: those that runs since one took up, those open now, and those tied
-- since. What a corrected file has withdrawn, and duplicates, move nothing and stay out.
--
--   $1 book_id          bigint
--   $2 scratch_book_id  bigint
--   $3 since_run        bigint
insert into tieout.entry (
  book_id, file_no, ordinal, statement_no, type, status, currency, amount_minor, gross_minor, fee_commission_minor,
  fee_markup_minor, fee_scheme_minor, fee_interchange_minor, fee_other_minor, is_reversal, booking_date, value_date,
  external_id, reference, original_reference, account, batch, counterparty, narrative, identity, is_identity_unique, details,
  line, is_counted
)
select $2::bigint, entry.file_no, entry.ordinal, entry.statement_no, entry.type, entry.status, entry.currency,
  entry.amount_minor, entry.gross_minor, entry.fee_commission_minor, entry.fee_markup_minor, entry.fee_scheme_minor,
  entry.fee_interchange_minor, entry.fee_other_minor, entry.is_reversal, entry.booking_date, entry.value_date,
  entry.external_id, entry.reference, entry.original_reference, entry.account, entry.batch, entry.counterparty,
  entry.narrative, entry.identity, entry.is_identity_unique, entry.details, entry.line, entry.is_counted
from tieout.source_file
join tieout.matched_file on matched_file.book_id = $1::bigint and matched_file.file_no = source_file.file_no
join tieout.entry on entry.book_id = $1::bigint and entry.file_no = source_file.file_no
where source_file.book_id = $2::bigint
  and entry.duplicate_of_file_no is null
  and (
    matched_file.run_id >= $3::bigint
    or (entry.file_no, entry.ordinal) in (
      select open_entry.file_no, open_entry.ordinal from tieout.open_entry where open_entry.book_id = $1::bigint
    )
    or (entry.file_no, entry.ordinal) in (
      select match_member.file_no, match_member.ordinal
      from tieout.match_member
      where match_member.book_id = $1::bigint and match_member.run_id >= $3::bigint and match_member.file_no is not null
    )
  )
  and (entry.file_no, entry.ordinal) not in (
    select entry_withdrawal.file_no, entry_withdrawal.ordinal
    from tieout.entry_withdrawal
    where entry_withdrawal.book_id = $1::bigint
  )
