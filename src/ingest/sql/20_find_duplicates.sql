-- Marks the entries of a file that are known already, in the file or from an earlier one.
--
-- Where the source guarantees ids, the second entry of an identity is a duplicate. Elsewhere identical entries of one file
-- are twins. From a source whose files repeat what earlier ones said (cumulative), only occurrences beyond those of earlier
-- files are new; from one whose files never do (disjoint), all are, but for the very same statement. Balances decide over
-- both: a statement that continues the chain is new whatever its entries look like; not if an earlier file has the very
-- same statement, and not if what is known of it sums to zero, for then the balances fit either way. And a statement that
-- goes on only without what is known repeats it, whatever its source promises. What a correction has withdrawn is known no
-- more. History is probed by identity, entry for entry: the cost follows the file, not the history.
--
--   $1 book_id      bigint
--   $2 file_no      bigint
--   $3 is_disjoint  boolean
with own_statement as materialized (
  select statement.statement_no, statement.chain_difference_minor, same_one.is_same_statement,
    statement.chain = 'continuous' and not same_one.has_same_balances as continues
  from tieout.statement
  cross join lateral (
    select
      coalesce(bool_or(
        earlier.opening_minor = statement.opening_minor and earlier.closing_minor = statement.closing_minor
      ), false) as has_same_balances,
      coalesce(bool_or(
        earlier.entries = statement.entries
        and earlier.credits_minor = statement.credits_minor
        and earlier.debits_minor = statement.debits_minor
        and earlier.opening_minor is not distinct from statement.opening_minor
        and earlier.closing_minor is not distinct from statement.closing_minor
        and (earlier.number !~ '^[0 ]*(/|$)' or earlier.opening_minor + earlier.closing_minor is not null)
      ), false) as is_same_statement
    from tieout.statement earlier
    where earlier.book_id = statement.book_id
      and earlier.account = statement.account
      and earlier.currency = statement.currency
      and earlier.kind = statement.kind
      and earlier.file_no < statement.file_no
      and earlier.number is not distinct from statement.number
      and earlier.closing_date is not distinct from statement.closing_date
  ) same_one
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
    row_number() over same as occurrence,
    first_value(entry.ordinal) over same as first_ordinal
  from tieout.entry
  where entry.book_id = $1::bigint and entry.file_no = $2::bigint
  window same as (partition by entry.book_id, entry.identity order by entry.ordinal)
),
probed as (
  select
    own.ordinal,
    own.statement_no,
    own.is_identity_unique,
    own.occurrence,
    own.first_ordinal,
    earlier.file_no as earlier_file_no,
    earlier.ordinal as earlier_ordinal,
    sum(own.amount_minor) filter (where earlier.file_no is not null) over (
      partition by own.book_id, own.statement_no
    ) as known_minor
  from own
  left join lateral (
    select entry.file_no, entry.ordinal
    from tieout.entry
    where entry.book_id = own.book_id
      and entry.identity = own.identity
      and entry.file_no <> $2::bigint
      and entry.duplicate_of_file_no is null
      -- A value and not NOT EXISTS, which would be joined by a hash of all that was ever withdrawn, for each entry.
      and (
        select withdrawn_entry.restatement_no
        from tieout.withdrawn_entry
        where withdrawn_entry.book_id = entry.book_id and withdrawn_entry.file_no = entry.file_no
          and withdrawn_entry.ordinal = entry.ordinal
      ) is null
    order by entry.file_no, entry.ordinal
    offset case when own.is_identity_unique then 0 else own.occurrence - 1 end
    limit 1
  ) earlier on true
),
duplicate as (
  select
    probed.ordinal,
    coalesce(probed.earlier_file_no, $2::bigint) as of_file_no,
    coalesce(probed.earlier_ordinal, probed.first_ordinal) as of_ordinal
  from probed
  join own_statement on own_statement.statement_no = probed.statement_no
  where (probed.is_identity_unique and probed.occurrence > 1)
    or (
      probed.earlier_file_no is not null
      and not (own_statement.continues and probed.known_minor <> 0)
      and (
        probed.is_identity_unique
        or not $3::boolean
        or own_statement.is_same_statement
        or (own_statement.chain_difference_minor <> 0 and own_statement.chain_difference_minor + probed.known_minor = 0)
      )
    )
)
update tieout.entry
set duplicate_of_file_no = duplicate.of_file_no,
    duplicate_of_ordinal = duplicate.of_ordinal,
    is_counted = false
from duplicate
where entry.book_id = $1::bigint and entry.file_no = $2::bigint and entry.ordinal = duplicate.ordinal
