-- Copies the statements of the files that a scratch book has.
--
--   $1 book_id          bigint
--   $2 scratch_book_id  bigint
insert into tieout.statement (
  book_id, file_no, statement_no, kind, account, currency, credits_minor, debits_minor, entries, account_code, chain, line
)
select $2::bigint, statement.file_no, statement.statement_no, statement.kind, statement.account, statement.currency,
  statement.credits_minor, statement.debits_minor, statement.entries, statement.account_code, 'unchained', statement.line
from tieout.statement
where statement.book_id = $1::bigint
  and statement.file_no in (
    select source_file.file_no from tieout.source_file where source_file.book_id = $2::bigint
  )
