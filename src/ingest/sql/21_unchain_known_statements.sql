-- A statement whose every entry is a duplicate tells nothing new: it takes no place in the chain of balances.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
update tieout.statement
set chain = 'unchained', chain_difference_minor = null
where statement.book_id = $1::bigint
  and statement.file_no = $2::bigint
  and statement.kind = 'bank-statement'
  and exists (
    select from tieout.entry
    where entry.book_id = statement.book_id and entry.file_no = statement.file_no
      and entry.statement_no = statement.statement_no
  )
  and not exists (
    select from tieout.entry
    where entry.book_id = statement.book_id and entry.file_no = statement.file_no
      and entry.statement_no = statement.statement_no and entry.duplicate_of_file_no is null
  )
