-- DUP_WITHIN_FILE, DUP_CROSS_FILE: entries that are known already, in this run's files.
--
-- A file that only repeats what one earlier file said is one delivery again, not so many exceptions: it is told by its counts.
-- So is what a correction repeats of what it corrects.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with repeated_file as (
  select entry.file_no
  from tieout.entry
  join tieout.matched_file
    on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no
    and matched_file.run_id = $2::bigint
  where entry.book_id = $1::bigint
  group by entry.file_no
  having bool_and(entry.duplicate_of_file_no is not null and entry.duplicate_of_file_no <> entry.file_no)
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  entry.book_id,
  $2::bigint,
  tieout.content_id('DUP|' || entry.file_no || '|' || entry.ordinal),
  case when entry.duplicate_of_file_no = entry.file_no then 'DUP_WITHIN_FILE' else 'DUP_CROSS_FILE' end,
  case when entry.is_counted and source.role = 'processor' then 'high' else 'low' end,
  source_file.source,
  case when source.role = 'bank' then statement.account_code else 'assets:receivable:' || source_file.source end,
  entry.currency,
  entry.gross_minor,
  null,
  coalesce(entry.reference, entry.narrative, entry.external_id),
  entry.batch,
  entry.file_no,
  entry.ordinal,
  null,
  entry.line,
  entry.element,
  coalesce(entry.value_date, entry.booking_date),
  'The entry of {amount} repeats one of ' ||
    case
      when entry.duplicate_of_file_no = entry.file_no then 'the same file'
      else original_file.name
    end || ' (line ' || original.line || ')' ||
    case
      when entry.is_counted and source.role = 'processor' then ', and the payout includes it: it is paid twice.'
      else '; it is not counted again.'
    end
from tieout.entry
join tieout.matched_file
  on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no and matched_file.run_id = $2::bigint
join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
join tieout.source on source.book_id = entry.book_id and source.source = source_file.source
join tieout.statement
  on statement.book_id = entry.book_id and statement.file_no = entry.file_no
  and statement.statement_no = entry.statement_no
join tieout.entry original
  on original.book_id = entry.book_id
  and original.file_no = entry.duplicate_of_file_no
  and original.ordinal = entry.duplicate_of_ordinal
join tieout.source_file original_file
  on original_file.book_id = original.book_id and original_file.file_no = original.file_no
where entry.book_id = $1::bigint
  and entry.duplicate_of_file_no is not null
  and not exists (select from repeated_file where repeated_file.file_no = entry.file_no)
  and not exists (
    select from tieout.entry_withdrawal
    where entry_withdrawal.book_id = entry.book_id and entry_withdrawal.file_no = entry.file_no
      and entry_withdrawal.ordinal = entry.ordinal
  )
  and (entry.is_counted or not exists (
    select from tieout.restatement
    where restatement.book_id = entry.book_id
      and restatement.file_no = entry.file_no
      and restatement.stands_because is null
      and entry.duplicate_of_file_no <> entry.file_no
      and restatement.currency = entry.currency
      and (
        restatement.statement_no = entry.statement_no
        or (
          restatement.kind = 'settlement-report'
          and restatement.account = coalesce(entry.account, '') and restatement.number = entry.batch
        )
      )
  ))
