-- A statement whose every entry is a duplicate tells nothing new: it takes no place in the chain of balances. One that corrects
-- another has its place, whatever it tells.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with known as (
  select statement_no
  from tieout.entry
  where book_id = $1::bigint and file_no = $2::bigint
  group by statement_no
  having bool_and(duplicate_of_file_no is not null)
)
update tieout.statement
set chain = 'unchained', chain_difference_minor = null, chain_break = null, expected_opening_minor = null
from known
where statement.book_id = $1::bigint
  and statement.file_no = $2::bigint
  and statement.statement_no = known.statement_no
  and statement.kind = 'bank-statement'
  and not exists (
    select from tieout.restatement
    where restatement.book_id = statement.book_id
      and restatement.file_no = statement.file_no
      and restatement.statement_no = statement.statement_no
      and restatement.stands_because is null
  )
