-- A bank statement that was corrected gives its place in the chain of balances to the correction.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
update tieout.statement
set chain = 'unchained', chain_difference_minor = null, chain_break = null, expected_opening_minor = null
from tieout.restatement
join tieout.statement own
  on own.book_id = restatement.book_id and own.file_no = restatement.file_no and own.statement_no = restatement.statement_no
where restatement.book_id = $1::bigint
  and restatement.file_no = $2::bigint
  and restatement.stands_because is null
  and statement.book_id = own.book_id
  and statement.account = own.account
  and statement.currency = own.currency
  and statement.kind = own.kind
  and statement.number = own.number
  and statement.opening_minor = own.opening_minor
  and (statement.closing_date = own.closing_date or statement.opening_date = own.opening_date)
  and statement.file_no <> own.file_no
