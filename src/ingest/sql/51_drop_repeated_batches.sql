-- Drops the batches whose every line repeats another one of the known batch by a guaranteed id, which has no line more.
--
-- A report sent again with its rows in another order is the usual case, and comparing it line by line would cost as much as
-- loading it.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with repeated as (
  select
    coalesce(account, '') as merchant, batch, currency, min(duplicate_of_file_no) as of_file_no, count(*) as lines
  from tieout.entry
  where book_id = $1::bigint and file_no = $2::bigint
  group by coalesce(account, ''), batch, currency
  having bool_and(is_identity_unique)
    and min(duplicate_of_file_no) = max(duplicate_of_file_no)
    and count(duplicate_of_file_no) = count(*)
    and count(distinct duplicate_of_ordinal) = count(*)
)
delete from tieout.restatement
using repeated, tieout.batch_total own, tieout.batch_total known
where restatement.book_id = $1::bigint
  and restatement.file_no = $2::bigint
  and restatement.kind = 'settlement-report'
  and repeated.merchant = restatement.account
  and repeated.batch = restatement.number
  and repeated.currency = restatement.currency
  and repeated.of_file_no = restatement.of_file_no
  and own.book_id = restatement.book_id
  and own.file_no = restatement.file_no
  and own.merchant = restatement.account
  and own.batch = restatement.number
  and own.currency = restatement.currency
  and own.lines = repeated.lines
  and known.book_id = restatement.book_id
  and known.file_no = restatement.of_file_no
  and known.merchant = restatement.account
  and known.batch = restatement.number
  and known.currency = restatement.currency
  and known.lines = repeated.lines
