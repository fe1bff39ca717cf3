-- STM_DISCONTINUOUS: statements that do not open with the balance the one before has closed with, and how the chain breaks.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  statement.book_id,
  $2::bigint,
  tieout.content_id('STM|' || statement.file_no || '|' || statement.statement_no),
  'STM_DISCONTINUOUS',
  'medium',
  source_file.source,
  statement.account_code,
  statement.currency,
  statement.opening_minor,
  statement.chain_difference_minor,
  coalesce(statement.account, '') || ' ' || coalesce(statement.number, ''),
  null,
  statement.file_no,
  null,
  null,
  statement.line,
  statement.element,
  coalesce(statement.closing_date, statement.opening_date),
  'Statement ' || coalesce(statement.number, '') || ' of ' || coalesce(statement.account, '') ||
    ' opens with {amount}, the one before closed with {expected}: ' ||
    case
      when statement.chain_break = 'fork' then 'another statement claims its number or goes on from the same balance [fork].'
      when statement.chain_break = 'overlap' then 'days or entries of it are in an earlier statement [overlap].'
      when statement.chain_break = 'rewind' then 'it goes on from an older balance, before what is known [rewind].'
      else 'a statement may be missing [gap].'
    end
from tieout.statement
join tieout.source_file on source_file.book_id = statement.book_id and source_file.file_no = statement.file_no
where statement.book_id = $1::bigint
  and statement.kind = 'bank-statement'
  and statement.chain = 'discontinuous'
