-- Each limited account keeps its floor and ceiling, now and at every instant since they were set, and its balance row
-- forbids the same.
--
-- What is available is the posted balance less the pending outflow; what may come in is the posted balance and the pending
-- inflow. Replayed by instant of booking, because the journals of one transaction share it and only their sum had to fit;
-- an instant counts when the balance it left was in force while the limit was.
--
--   $1 book_id  bigint
with limited as (
  select
    account.account_id,
    account.code || ' ' || account.currency as name,
    account.normal_side = 'debit' as is_debit_normal,
    account.floor_minor,
    account.ceiling_minor,
    (
      select max(audit_event.happened_at)
      from tieout.audit_event
      where audit_event.book_id = account.book_id
        and audit_event.object_type = 'account'
        and audit_event.object_id = account.code || '|' || account.currency
        and audit_event.action = 'set-limits'
    ) as since
  from tieout.account
  where account.book_id = $1::bigint and (account.floor_minor is not null or account.ceiling_minor is not null)
),
told as (
  select
    account_id, slot, is_debit_normal, floor_minor, ceiling_minor, debits_minor, credits_minor, pending_debits_minor,
    pending_credits_minor
  from tieout.balance
  where book_id = $1::bigint
    and (
      floor_minor is not null
      or ceiling_minor is not null
      or account_id in (select account_id from limited)
    )
),
-- What each posting adds to the available balance and to the highest that may come of it, in the sign of the account: a
-- pending outflow lowers the one, a pending inflow raises the other, and what is released takes that back.
line as (
  select
    limited.account_id, journal.booked_at,
    case
      when limited.is_debit_normal = side.is_debit then case when posting.layer = 'settled' then posting.amount_minor else 0 end
      when posting.layer = 'released' then posting.amount_minor
      else -posting.amount_minor
    end as available,
    case
      when limited.is_debit_normal <> side.is_debit then case when posting.layer = 'settled' then -posting.amount_minor else 0 end
      when posting.layer = 'released' then -posting.amount_minor
      else posting.amount_minor
    end as highest
  from tieout.posting
  cross join (values (true), (false)) side (is_debit)
  join limited on limited.account_id = case when side.is_debit then posting.debit_account_id else posting.credit_account_id end
  join tieout.journal
    on journal.book_id = posting.book_id and journal.booked_on = posting.booked_on and journal.journal_id = posting.journal_id
  where posting.book_id = $1::bigint
),
instant as (
  select account_id, booked_at, sum(available) as available, sum(highest) as highest
  from line
  group by account_id, booked_at
),
version as (
  select
    account_id, booked_at,
    sum(available) over so_far as available,
    sum(highest) over so_far as highest,
    lead(booked_at) over so_far as replaced_at
  from instant
  window so_far as (partition by account_id order by booked_at)
),
broken as (
  select limited.name || ' at ' || (version.booked_at at time zone 'UTC')::text as example
  from version
  join limited using (account_id)
  where (limited.since is null or version.replaced_at is null or version.replaced_at > limited.since)
    and (version.available < limited.floor_minor or version.highest > limited.ceiling_minor)
  union all
  select coalesce(limited.name, told.account_id::text) || ': its balance row has other limits'
  from told
  left join limited on limited.account_id = told.account_id and told.slot = 0
  where told.floor_minor is distinct from limited.floor_minor
    or told.ceiling_minor is distinct from limited.ceiling_minor
    or told.is_debit_normal is distinct from limited.is_debit_normal
  union all
  select limited.name || ' now'
  from limited
  left join told on told.account_id = limited.account_id and told.slot = 0
  left join lateral (
    select
      case when limited.is_debit_normal then debits_minor::numeric - credits_minor else credits_minor::numeric - debits_minor end
        as posted,
      case when limited.is_debit_normal then pending_debits_minor else pending_credits_minor end as inflow,
      case when limited.is_debit_normal then pending_credits_minor else pending_debits_minor end as outflow
  ) state on true
  where coalesce(state.posted - state.outflow, 0) < limited.floor_minor
    or coalesce(state.posted + state.inflow, 0) > limited.ceiling_minor
)
select
  (select count(*) from limited) + (select count(*) from version) as checked,
  count(*) as breaches,
  min(example) as example
from broken
