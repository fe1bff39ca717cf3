-- Chains the bank statements of the file's accounts: an opening balance must be the closing balance before it.
--
-- In the order of days, statement numbers and sheets. Recomputed for the whole account, because a late statement mends the chain behind it. A statement all of whose entries
-- are known already (unchained) takes no place in it; one that begins with known entries, exported again with more behind
-- them, goes on where those end.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with account_of_file as (
  select distinct account, currency
  from tieout.statement
  where book_id = $1::bigint and file_no = $2::bigint and kind = 'bank-statement' and account is not null
),
link as (
  select
    statement.file_no,
    statement.statement_no,
    statement.opening_minor,
    statement.closing_minor,
    lag(statement.closing_minor) over in_order as previous_closing_minor,
    lead(statement.opening_minor) over in_order as next_opening_minor
  from tieout.statement
  join account_of_file on account_of_file.account = statement.account and account_of_file.currency = statement.currency
  where statement.book_id = $1::bigint
    and statement.kind = 'bank-statement'
    and statement.chain <> 'unchained'
    and statement.opening_minor is not null
    and statement.closing_minor is not null
  window in_order as (
    partition by statement.book_id, statement.account, statement.currency
    order by
      coalesce(statement.closing_date, statement.opening_date),
      substring(statement.number from '^[0-9]{1,9}')::bigint nulls last,
      substring(statement.number from '^[0-9]+/([0-9]{1,9})')::bigint nulls first,
      statement.file_no,
      statement.statement_no
  )
),
gap as (
  select
    link.file_no,
    link.statement_no,
    link.closing_minor = link.next_opening_minor as is_followed,
    link.opening_minor - link.previous_closing_minor + case
      when link.opening_minor = link.previous_closing_minor then 0
      else (
        select coalesce(sum(entry.amount_minor), 0)::bigint
        from tieout.entry
        where entry.book_id = $1::bigint
          and entry.file_no = link.file_no
          and entry.statement_no = link.statement_no
          and entry.duplicate_of_file_no <> link.file_no
      )
    end as gap_minor
  from link
)
update tieout.statement
set
  chain = case
    when gap.gap_minor is null and gap.is_followed is not true then 'first'
    when coalesce(gap.gap_minor, 0) = 0 then 'continuous'
    else 'discontinuous'
  end,
  chain_difference_minor = gap.gap_minor
from gap
where statement.book_id = $1::bigint
  and statement.file_no = gap.file_no
  and statement.statement_no = gap.statement_no
