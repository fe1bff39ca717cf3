-- Marks the entries of a file that are known already, in the file or from an earlier one.
--
-- Where the source guarantees ids, the second entry of an identity is a duplicate. Elsewhere identical entries of one file
-- are twins, and only occurrences beyond those of earlier files are new; a statement that continues the chain of balances
-- is new whatever it looks like. History is probed by identity, entry for entry: the cost follows the file, not the history.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with own as (
  select
    entry.book_id,
    entry.ordinal,
    entry.identity,
    entry.is_identity_unique,
    statement.chain = 'continuous' as is_new_by_balance,
    row_number() over same as occurrence,
    first_value(entry.ordinal) over same as first_ordinal
  from tieout.entry
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
  where entry.book_id = $1::bigint and entry.file_no = $2::bigint
  window same as (partition by entry.book_id, entry.identity order by entry.ordinal)
),
duplicate as (
  select
    own.ordinal,
    coalesce(earlier.file_no, $2::bigint) as of_file_no,
    coalesce(earlier.ordinal, own.first_ordinal) as of_ordinal
  from own
  left join lateral (
    select entry.file_no, entry.ordinal
    from tieout.entry
    where entry.book_id = own.book_id
      and entry.identity = own.identity
      and entry.file_no <> $2::bigint
      and entry.duplicate_of_file_no is null
      and not own.is_new_by_balance
    order by entry.file_no, entry.ordinal
    offset case when own.is_identity_unique then 0 else own.occurrence - 1 end
    limit 1
  ) earlier on true
  where earlier.file_no is not null or (own.is_identity_unique and own.occurrence > 1)
)
update tieout.entry
set duplicate_of_file_no = duplicate.of_file_no,
    duplicate_of_ordinal = duplicate.of_ordinal,
    is_counted = false
from duplicate
where entry.book_id = $1::bigint and entry.file_no = $2::bigint and entry.ordinal = duplicate.ordinal
