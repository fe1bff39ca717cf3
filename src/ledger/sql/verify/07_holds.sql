-- The amount of each hold is that of its pending posting; what was posted, voided and expired of it is the sum of its
-- resolutions, and with what remains its amount; what was resolved is what was released.
--
--   $1 book_id  bigint
with hold as (
  select
    hold_id, booked_on, debit_account_id, credit_account_id, currency, amount_minor, posted_minor, voided_minor,
    expired_minor, remaining_minor
  from tieout.hold
  where book_id = $1::bigint
),
resolution as (
  select hold_id, journal_id, booked_on, action, amount_minor from tieout.hold_resolution where book_id = $1::bigint
),
resolved as (
  select
    hold_id,
    coalesce(sum(amount_minor) filter (where action = 'post'), 0) as posted_minor,
    coalesce(sum(amount_minor) filter (where action = 'void'), 0) as voided_minor,
    coalesce(sum(amount_minor) filter (where action = 'expire'), 0) as expired_minor
  from resolution
  group by hold_id
),
moved as (
  select booked_on, journal_id, layer, debit_account_id, credit_account_id, currency, sum(amount_minor) as minor
  from tieout.posting
  where book_id = $1::bigint and layer <> 'settled'
  group by booked_on, journal_id, layer, debit_account_id, credit_account_id, currency
),
released as (
  select
    resolution.booked_on, resolution.journal_id, hold.debit_account_id, hold.credit_account_id, hold.currency,
    sum(resolution.amount_minor) as minor
  from resolution
  join hold using (hold_id)
  group by resolution.booked_on, resolution.journal_id, hold.debit_account_id, hold.credit_account_id, hold.currency
),
broken as (
  select 'hold ' || hold.hold_id::text || ' does not add up to its resolutions' as example
  from hold
  left join resolved using (hold_id)
  where hold.amount_minor <> hold.posted_minor + hold.voided_minor + hold.expired_minor + hold.remaining_minor
    or hold.posted_minor <> coalesce(resolved.posted_minor, 0)
    or hold.voided_minor <> coalesce(resolved.voided_minor, 0)
    or hold.expired_minor <> coalesce(resolved.expired_minor, 0)
  union all
  select 'resolution by journal ' || journal_id::text || ' is of no hold'
  from resolution
  where not exists (select from hold where hold.hold_id = resolution.hold_id)
  union all
  select 'hold ' || coalesce(hold.hold_id, pending.journal_id)::text || ' differs from its pending posting'
  from hold
  full join (select * from moved where layer = 'pending') pending
    on pending.journal_id = hold.hold_id
    and pending.booked_on = hold.booked_on
    and pending.debit_account_id = hold.debit_account_id
    and pending.credit_account_id = hold.credit_account_id
    and pending.currency = hold.currency
  where pending.minor is distinct from hold.amount_minor
  union all
  select 'journal ' || journal_id::text || ' released another amount than it resolved'
  from released
  full join (select * from moved where layer = 'released') taken_back
    using (booked_on, journal_id, debit_account_id, credit_account_id, currency)
  where taken_back.minor is distinct from released.minor
)
select
  (select count(*) from hold) + (select count(*) from resolution) as checked,
  count(*) as breaches,
  min(example) as example
from broken
