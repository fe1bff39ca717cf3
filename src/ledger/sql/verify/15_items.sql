-- Every item that a settled posting opened is open, or closed by one live match, with what its reversals left of it; one
-- that was reversed whole is neither. Nothing else is open or matched, and each posting and conversion has its journal.
--
-- A reversal reduces an item when its own side there opens none. Account, journal and day of an open item are compared with
-- its posting: that is what a foreign key would say, because the posting's account has one and its journal is looked up here.
--
--   $1 book_id  bigint
with opened as (
  select
    tieout.item_id(journal_id, seq, side.is_debit) as item_id,
    case when side.is_debit then debit_account_id else credit_account_id end as account_id,
    case when side.is_debit then amount_minor else -amount_minor end as opened_minor,
    currency, booked_on, journal_id, seq
  from tieout.posting
  cross join (values (true), (false)) side (is_debit)
  where book_id = $1::bigint
    and layer = 'settled'
    and case when side.is_debit then opens_debit_item else opens_credit_item end
),
reduced as (
  select
    tieout.item_id(journal.reverses_journal_id, posting.seq, side.is_debit) as item_id,
    sum(case when side.is_debit then posting.amount_minor else -posting.amount_minor end) as reduced_minor
  from tieout.journal
  join tieout.posting
    on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on and posting.journal_id = journal.journal_id
  cross join (values (true), (false)) side (is_debit)
  where journal.book_id = $1::bigint
    and journal.reverses_journal_id is not null
    and posting.layer = 'settled'
    and not case when side.is_debit then posting.opens_credit_item else posting.opens_debit_item end
  group by 1
),
remaining as (
  select
    opened.item_id, opened.account_id, opened.currency, opened.booked_on, opened.journal_id, opened.seq,
    opened.opened_minor - coalesce(reduced.reduced_minor, 0) as remaining_minor
  from opened
  left join reduced using (item_id)
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
select (select count(*) from opened) as checked, count(*) as breaches, min(example) as example
from broken
