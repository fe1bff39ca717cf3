-- Marks the entries of a file that are known already, in the file or from an earlier one.
--
-- Where the source guarantees ids, the second entry of an identity is a duplicate. Elsewhere identical entries of one file
-- are twins, and only occurrences beyond those of earlier files are new. A statement that continues the chain of balances
-- is new whatever its entries look like; not if an earlier file has the very same statement, and not if what is known of it
-- sums to zero, for then the balances fit either way. History is probed by identity, entry for entry: the cost follows the
-- file, not the history.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with own_statement as (
  select statement.statement_no,
    statement.chain = 'continuous' and not exists (
      select from tieout.statement same_one
      where same_one.book_id = statement.book_id
        and same_one.account = statement.account
        and same_one.currency = statement.currency
        and same_one.kind = statement.kind
        and same_one.file_no < statement.file_no
        and same_one.number is not distinct from statement.number
        and same_one.opening_minor = statement.opening_minor
        and same_one.closing_minor = statement.closing_minor
        and same_one.closing_date is not distinct from statement.closing_date
    ) as continues
  from tieout.statement
  where statement.book_id = $1::bigint and statement.file_no = $2::bigint
),
own as (
  select
    entry.book_id,
    entry.ordinal,
    entry.statement_no,
    entry.amount_minor,
    entry.identity,
    entry.is_identity_unique,
    own_statement.continues,
    row_number() over same as occurrence,
    first_value(entry.ordinal) over same as first_ordinal
  from tieout.entry
  join own_statement on own_statement.statement_no = entry.statement_no
  where entry.book_id = $1::bigint and entry.file_no = $2::bigint
  window same as (partition by entry.book_id, entry.identity order by entry.ordinal)
),
probed as (
  select
    own.ordinal,
    own.is_identity_unique,
    own.occurrence,
    own.first_ordinal,
    earlier.file_no as earlier_file_no,
    earlier.ordinal as earlier_ordinal,
    own.continues and sum(own.amount_minor) filter (where earlier.file_no is not null) over (
      partition by own.book_id, own.statement_no
    ) <> 0 as is_new_by_balance
  from own
  left join lateral (
    select entry.file_no, entry.ordinal
    from tieout.entry
    where entry.book_id = own.book_id
      and entry.identity = own.identity
      and entry.file_no <> $2::bigint
      and entry.duplicate_of_file_no is null
    order by entry.file_no, entry.ordinal
    offset case when own.is_identity_unique then 0 else own.occurrence - 1 end
    limit 1
  ) earlier on true
),
duplicate as (
  select
    ordinal,
    coalesce(earlier_file_no, $2::bigint) as of_file_no,
    coalesce(earlier_ordinal, first_ordinal) as of_ordinal
  from probed
  where (earlier_file_no is not null and is_new_by_balance is not true) or (is_identity_unique and occurrence > 1)
)
update tieout.entry
set duplicate_of_file_no = duplicate.of_file_no,
    duplicate_of_ordinal = duplicate.of_ordinal,
    is_counted = false
from duplicate
where entry.book_id = $1::bigint and entry.file_no = $2::bigint and entry.ordinal = duplicate.ordinal
