-- Counts the duplicates that the processor really pays: the batch sums to zero only with them.
--
-- Balances decide, not opinion: without them first, because a batch delivered again must not be paid again. A payout that
-- an earlier file has told is not paid again either, whatever stands beside it: that is a correction of the earlier file. In a
-- correction of the whole batch, what counts is decided already.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with line as (
  select entry.ordinal, entry.type, entry.amount_minor, entry.is_counted, entry.duplicate_of_file_no, entry.file_no,
    entry.currency, coalesce(entry.account, '') as merchant, coalesce(entry.batch, '') as batch
  from tieout.entry
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
  where entry.book_id = $1::bigint
    and entry.file_no = $2::bigint
    and statement.kind = 'settlement-report'
    and not exists (
      select from tieout.restatement
      where restatement.book_id = entry.book_id
        and restatement.file_no = entry.file_no
        and restatement.kind = 'settlement-report'
        and restatement.account = coalesce(entry.account, '')
        and restatement.number = entry.batch
        and restatement.currency = entry.currency
        and restatement.stands_because is null
    )
),
paid as (
  select merchant, batch, currency
  from line
  group by merchant, batch, currency
  having sum(amount_minor) = 0
    and bool_and(type <> 'payout' or duplicate_of_file_no is null or duplicate_of_file_no = file_no)
    and coalesce(sum(amount_minor) filter (where is_counted), 0) <> 0
)
update tieout.entry
set is_counted = true
from line
join paid on paid.merchant = line.merchant and paid.batch = line.batch and paid.currency = line.currency
where entry.book_id = $1::bigint
  and entry.file_no = $2::bigint
  and entry.ordinal = line.ordinal
  and not line.is_counted
