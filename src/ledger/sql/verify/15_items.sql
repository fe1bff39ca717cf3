-- Every item that a settled posting opened is open, or closed by one live match, with what its reversals left of it; one
-- that was reversed whole is neither. Nothing else is open or matched, and each posting and conversion has its journal.
--
-- A reversal reduces an item when its own side there opens none. Account, journal and day of an open item are compared with
-- its posting: that is what a foreign key would say, because the posting's account has one and its journal is looked up here.
--
--   $1 book_id  bigint
with reduced as (
  select
    journal.reverses_journal_id as journal_id,
    posting.seq,
    side.is_debit,
    sum(posting.amount_minor) as minor
  from tieout.journal
  join tieout.posting
    on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on and posting.journal_id = journal.journal_id
  cross join (values (true), (false)) side (is_debit)
  where journal.book_id = $1::bigint
    and journal.reverses_journal_id is not null
    and posting.layer = 'settled'
    and not case when side.is_debit then posting.opens_credit_item else posting.opens_debit_item end
  group by journal.reverses_journal_id, posting.seq, side.is_debit
),
-- Materialized, because the id of an item is dear and would be derived again at each join.
remaining as materialized (
  select
    tieout.item_id(posting.journal_id, posting.seq, side.is_debit) as item_id,
    case when side.is_debit then posting.debit_account_id else posting.credit_account_id end as account_id,
    case when side.is_debit then 1 else -1 end * (posting.amount_minor - coalesce(reduced.minor, 0)) as remaining_minor,
    posting.currency, posting.booked_on, posting.journal_id, posting.seq
  from tieout.posting
  cross join (values (true), (false)) side (is_debit)
  left join reduced
    on reduced.journal_id = posting.journal_id and reduced.seq = posting.seq and reduced.is_debit = side.is_debit
  where posting.book_id = $1::bigint
    and posting.layer = 'settled'
    and case when side.is_debit then posting.opens_debit_item else posting.opens_credit_item end
),
open_item as (
  select item_id, account_id, currency, amount_minor, booked_on, journal_id
  from tieout.open_item
  where book_id = $1::bigint
),
matched as (
  select item_id, item_account_id as account_id, item_amount_minor as amount_minor
  from tieout.match_member
  where book_id = $1::bigint and is_live and item_id is not null
),
broken as (
  select
    case
      when remaining.item_id is null then 'item ' || item_id::text || ' was opened by no posting'
      else 'item of posting ' || remaining.seq || ' of journal ' || remaining.journal_id::text
    end as example
  from remaining
  full join open_item using (item_id)
  full join matched using (item_id)
  where remaining.item_id is null
    or (open_item.item_id is not null)::int + (matched.item_id is not null)::int
      <> case when remaining.remaining_minor = 0 then 0 else 1 end
    or open_item.account_id <> remaining.account_id
    or open_item.currency <> remaining.currency
    or open_item.amount_minor <> remaining.remaining_minor
    or open_item.booked_on <> remaining.booked_on
    or open_item.journal_id <> remaining.journal_id
    or matched.account_id <> remaining.account_id
    or matched.amount_minor <> remaining.remaining_minor
  union all
  select 'posting ' || seq || ' has no journal ' || journal_id::text
  from tieout.posting
  where book_id = $1::bigint
    and not exists (
      select from tieout.journal
      where journal.book_id = posting.book_id
        and journal.booked_on = posting.booked_on
        and journal.journal_id = posting.journal_id
    )
  union all
  select 'conversion has no journal ' || journal_id::text
  from tieout.conversion
  where book_id = $1::bigint
    and not exists (
      select from tieout.journal
      where journal.book_id = conversion.book_id
        and journal.booked_on = conversion.booked_on
        and journal.journal_id = conversion.journal_id
    )
)
select
  (select count(*) from remaining) as checked,
  count(*) as breaches,
  min(example) as example
from broken
