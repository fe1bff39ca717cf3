-- Chains the bank statements of the file's accounts: an opening balance must be the closing balance before it.
--
-- In the order of days, statement numbers and sheets; where these are the same or missing, in the order of balances.
-- Recomputed for the whole account, because a late statement mends the chain behind it. A statement all of whose entries
-- are known already (unchained) takes no place in it; one that begins with known entries, exported again with more behind
-- them, goes on where those end. Balances decide, numbers only help to name a break: they start again each year, and some
-- banks write 0 on every statement.
--
--   fork     the number of the day, or the predecessor, is claimed by another statement as well
--   overlap  days or entries of it are those of an earlier statement
--   rewind   it goes on from a balance older than the last two
--   gap      anything else: what lies between the two balances is in no statement
--
--   $1 book_id  bigint
--   $2 file_no  bigint
with account_of_file as (
  select distinct account, currency
  from tieout.statement
  where book_id = $1::bigint and file_no = $2::bigint and kind = 'bank-statement' and account is not null
),
placed as (
  select
    statement.book_id, statement.file_no, statement.statement_no, statement.account, statement.currency,
    statement.opening_minor, statement.opening_date, statement.closing_minor, statement.closing_date,
    case when statement.number !~ '^[0 ]*(/|$)' then statement.number end as number,
    coalesce(statement.closing_date, statement.opening_date) as day,
    substring(statement.number from '^[0-9]{1,9}')::bigint as place,
    substring(statement.number from '^[0-9]+/([0-9]{1,9})')::bigint as sheet
  from tieout.statement
  join account_of_file on account_of_file.account = statement.account and account_of_file.currency = statement.currency
  where statement.book_id = $1::bigint
    and statement.kind = 'bank-statement'
    and statement.chain <> 'unchained'
    and statement.opening_minor is not null
    and statement.closing_minor is not null
),
tied as (
  select placed.*, array_agg(closing_minor) over same_place as closings, array_agg(opening_minor) over same_place as openings
  from placed
  window same_place as (partition by book_id, account, currency, day, place, sheet)
),
link as (
  select
    tied.*,
    row_number() over in_order as position,
    lag(opening_minor) over in_order as previous_opening_minor,
    lag(closing_minor) over in_order as previous_closing_minor,
    lag(closing_date) over in_order as previous_closing_date,
    lead(opening_minor) over in_order as next_opening_minor,
    lead(file_no) over in_order as next_file_no
  from tied
  window in_order as (
    partition by book_id, account, currency
    order by
      day,
      place nulls last,
      sheet nulls first,
      (opening_minor = any (closings))::int - (closing_minor = any (openings))::int,
      file_no,
      statement_no
  )
),
older as (
  select account, currency, closing_minor, min(position) as position
  from link
  group by account, currency, closing_minor
),
gap as (
  select
    link.*,
    row_number() over (
      partition by book_id, account, currency, number, closing_date order by position
    ) as closings_of_number,
    row_number() over (
      partition by book_id, account, currency, number, opening_date order by position
    ) as openings_of_number,
    coalesce(link.closing_minor = link.next_opening_minor, false) as is_followed,
    known.entries as known_entries,
    link.opening_minor - link.previous_closing_minor + coalesce(known.amount_minor, 0) as gap_minor
  from link
  left join lateral (
    select count(*) as entries, sum(entry.amount_minor)::bigint as amount_minor
    from tieout.entry
    where link.opening_minor <> link.previous_closing_minor
      and entry.book_id = $1::bigint
      and entry.file_no = link.file_no
      and entry.statement_no = link.statement_no
      and entry.duplicate_of_file_no <> link.file_no
  ) known on true
),
named as (
  select
    gap.file_no,
    gap.statement_no,
    gap.gap_minor,
    gap.opening_minor - gap.gap_minor as expected_opening_minor,
    case
      when gap.gap_minor is null and not gap.is_followed then 'first'
      when coalesce(gap.gap_minor, 0) = 0 then 'continuous'
      else 'discontinuous'
    end as chain,
    case
      when coalesce(gap.gap_minor, 0) = 0 then
        case when gap.is_followed and gap.next_file_no < gap.file_no then 'out-of-order' end
      when gap.number is not null
        and (
          (gap.closing_date is not null and gap.closings_of_number > 1)
          or (gap.opening_date is not null and gap.openings_of_number > 1)
        )
      then 'fork'
      when gap.opening_date < gap.previous_closing_date or gap.known_entries > 0 then 'overlap'
      when gap.opening_minor = gap.previous_opening_minor then 'fork'
      when older.position < gap.position - 1 then 'rewind'
      else 'gap'
    end as chain_break
  from gap
  left join older
    on older.account = gap.account and older.currency = gap.currency and older.closing_minor = gap.opening_minor
)
update tieout.statement
set
  chain = named.chain,
  chain_difference_minor = named.gap_minor,
  chain_break = named.chain_break,
  expected_opening_minor = named.expected_opening_minor
from named
where statement.book_id = $1::bigint
  and statement.file_no = named.file_no
  and statement.statement_no = named.statement_no
  and (statement.chain, statement.chain_difference_minor, statement.chain_break, statement.expected_opening_minor)
    is distinct from (named.chain, named.gap_minor, named.chain_break, named.expected_opening_minor)
