-- Drops the candidates that say what was said before: a statement delivered again is no restatement.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
delete from tieout.restatement
where restatement.book_id = $1::bigint
  and restatement.file_no = $2::bigint
  and not exists (
    select from tieout.restatement_line
    where restatement_line.book_id = restatement.book_id
      and restatement_line.file_no = restatement.file_no
      and restatement_line.restatement_no = restatement.restatement_no
  )
  and not exists (
    select from tieout.statement
    join tieout.statement original
      on original.book_id = statement.book_id
      and (statement.opening_minor, statement.closing_minor)
        is distinct from (original.opening_minor, original.closing_minor)
    where statement.book_id = restatement.book_id
      and statement.file_no = restatement.file_no
      and statement.statement_no = restatement.statement_no
      and original.file_no = restatement.of_file_no
      and original.statement_no = restatement.of_statement_no
  )
