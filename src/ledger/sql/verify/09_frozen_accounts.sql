-- Nothing moved the frozen side of an account after it was frozen or closed, as the audit log tells; what is released of a
-- hold moves nothing. A closed account has a balance of zero and nothing pending. Of one that nobody recorded to be frozen
-- it cannot be told since when, so nothing is counted.
--
--   $1 book_id  bigint
with stopped as (
  select
    account.account_id,
    account.code || ' ' || account.currency as name,
    account.status,
    account.status <> 'credit_frozen' as is_debit_frozen,
    account.status <> 'debit_frozen' as is_credit_frozen,
    (
      select max(audit_event.happened_at)
      from tieout.audit_event
      where audit_event.book_id = account.book_id
        and audit_event.object_type = 'account'
        and audit_event.object_id = account.code || '|' || account.currency
        and audit_event.action in ('freeze', 'close')
    ) as since
  from tieout.account
  where account.book_id = $1::bigint and account.status <> 'active'
),
late as (
  select booked_on, journal_id, key, booked_at
  from tieout.journal
  where book_id = $1::bigint and booked_at > (select min(since) from stopped)
),
broken as (
  select stopped.name || ' was moved by posting ' || posting.seq || ' of journal ' || late.key as example
  from late
  join tieout.posting
    on posting.book_id = $1::bigint and posting.booked_on = late.booked_on and posting.journal_id = late.journal_id
  cross join (values (true), (false)) side (is_debit)
  join stopped
    on stopped.account_id = case when side.is_debit then posting.debit_account_id else posting.credit_account_id end
  where posting.layer <> 'released'
    and case when side.is_debit then stopped.is_debit_frozen else stopped.is_credit_frozen end
    and late.booked_at > stopped.since
  union all
  select stopped.name || ' is closed and not empty'
  from stopped
  join tieout.account_balance on account_balance.book_id = $1::bigint and account_balance.account_id = stopped.account_id
  where stopped.status = 'closed'
    and (
      account_balance.debits_minor <> account_balance.credits_minor
      or account_balance.pending_debits_minor <> 0
      or account_balance.pending_credits_minor <> 0
    )
)
select (select count(*) from stopped) as checked, count(*) as breaches, min(example) as example
from broken
