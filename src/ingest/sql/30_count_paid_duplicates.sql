-- Counts the duplicates that the processor really pays: the batch sums to zero only with them.
--
-- Balances decide, not opinion: without them first, because a batch delivered again must not be paid again.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with paid as (
  select statement.account, entry.batch, entry.currency
  from tieout.entry
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
  where entry.book_id = $1::bigint
    and entry.file_no = $2::bigint
    and statement.kind = 'settlement-report'
  group by statement.account, entry.batch, entry.currency
  having sum(entry.amount_minor) = 0
    and coalesce(sum(entry.amount_minor) filter (where entry.is_counted), 0) <> 0
)
update tieout.entry
set is_counted = true
from tieout.statement
join paid on paid.account is not distinct from statement.account
where entry.book_id = $1::bigint
  and entry.file_no = $2::bigint
  and statement.book_id = entry.book_id
  and statement.file_no = entry.file_no
  and statement.statement_no = entry.statement_no
  and paid.batch is not distinct from entry.batch
  and paid.currency = entry.currency
  and not entry.is_counted
