-- A statement of the file that a file of another kind of format has told already: the same account, day, balances and sums.
--
-- Entries have other words in MT940 than in camt, so that nothing else would show them to be the same.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
--   $3 format   text
select earlier_file.name, earlier_file.format, statement.account, statement.line, statement.element
from tieout.statement
join tieout.statement earlier
  on earlier.book_id = statement.book_id
  and earlier.account = statement.account
  and earlier.currency = statement.currency
  and earlier.closing_date = statement.closing_date
  and earlier.opening_minor = statement.opening_minor
  and earlier.closing_minor = statement.closing_minor
  and earlier.credits_minor = statement.credits_minor
  and earlier.debits_minor = statement.debits_minor
  and earlier.kind = statement.kind
  and earlier.file_no <> statement.file_no
join tieout.source_file earlier_file
  on earlier_file.book_id = earlier.book_id and earlier_file.file_no = earlier.file_no and earlier_file.state = 'loaded'
where statement.book_id = $1::bigint
  and statement.file_no = $2::bigint
  and statement.kind = 'bank-statement'
  and statement.entries > 0
  and left(earlier_file.format, 2) <> left($3::text, 2)
order by earlier.file_no, statement.statement_no
limit 1
