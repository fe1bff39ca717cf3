-- Finds the statements and batches of a file that were told before: candidates, until their lines are compared.
--
-- A bank's statement is the same by account, currency, number and a balance of the same day, for numbers come again each
-- year and 0 is none; a batch by merchant account and currency, unless the source spreads batches over files. The last
-- telling is what is restated. A sheet that goes on where the other ends, under one number, is its next page.
--
--   $1 book_id      bigint
--   $2 file_no      bigint
--   $3 is_disjoint  boolean
with told as (
  select
    statement.book_id, statement.file_no, statement.statement_no, statement.kind, statement.account, statement.currency,
    statement.number, known.file_no as of_file_no, known.statement_no as of_statement_no
  from tieout.statement
  cross join lateral (
    select file_no, statement_no
    from tieout.statement earlier
    where earlier.book_id = statement.book_id
      and earlier.account = statement.account
      and earlier.currency = statement.currency
      and earlier.kind = statement.kind
      and earlier.number = statement.number
      and (earlier.closing_date = statement.closing_date or earlier.opening_date = statement.opening_date)
      and (earlier.file_no, earlier.statement_no) < (statement.file_no, statement.statement_no)
      and (
        earlier.opening_minor is not distinct from statement.opening_minor
        or (
          earlier.closing_minor is distinct from statement.opening_minor
          and earlier.opening_minor is distinct from statement.closing_minor
        )
      )
    order by earlier.file_no desc, earlier.statement_no desc
    limit 1
  ) known
  where statement.book_id = $1::bigint
    and statement.file_no = $2::bigint
    and statement.kind = 'bank-statement'
    and statement.account_code is not null
    and statement.number !~ '^[0 ]*(/|$)'
  union all
  select
    $1::bigint, $2::bigint, null, 'settlement-report', own_batch.merchant, own_batch.currency, own_batch.batch,
    known.file_no, null
  from (
    select distinct coalesce(entry.account, '') as merchant, entry.batch, entry.currency
    from tieout.entry
    where entry.book_id = $1::bigint
      and entry.file_no = $2::bigint
      and entry.statement_no in (
        select statement.statement_no
        from tieout.statement
        where statement.book_id = $1::bigint
          and statement.file_no = $2::bigint
          and statement.kind = 'settlement-report'
      )
  ) own_batch
  cross join lateral (
    select file_no
    from tieout.batch_total earlier
    where earlier.book_id = $1::bigint
      and earlier.merchant = own_batch.merchant
      and earlier.batch = own_batch.batch
      and earlier.currency = own_batch.currency
      and earlier.file_no < $2::bigint
    order by earlier.file_no desc
    limit 1
  ) known
  where own_batch.batch <> '' and not $3::boolean
)
insert into tieout.restatement (
  book_id, file_no, restatement_no, statement_no, of_file_no, of_statement_no, kind, account, currency, number
)
select
  book_id, file_no, row_number() over (order by statement_no, account, number, currency), statement_no, of_file_no,
  of_statement_no, kind, account, currency, number
from told
