-- The balance of each account, its slots and what is not folded yet together, is the sum of its postings: settled ones, and
-- pending ones less released ones.
--
--   $1 book_id  bigint
with pair as (
  select debit_account_id, credit_account_id, layer, sum(amount_minor) as minor
  from tieout.posting
  where book_id = $1::bigint
  group by debit_account_id, credit_account_id, layer
),
line as (
  select
    case when side.is_debit then debit_account_id else credit_account_id end as account_id,
    side.is_debit,
    layer = 'settled' as is_settled,
    case when layer = 'released' then -minor else minor end as minor
  from pair
  cross join (values (true), (false)) side (is_debit)
),
posted as (
  select
    account_id,
    coalesce(sum(minor) filter (where is_debit and is_settled), 0) as debits,
    coalesce(sum(minor) filter (where not is_debit and is_settled), 0) as credits,
    coalesce(sum(minor) filter (where is_debit and not is_settled), 0) as pending_debits,
    coalesce(sum(minor) filter (where not is_debit and not is_settled), 0) as pending_credits
  from line
  group by account_id
),
told as (
  select account_id, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
  from tieout.account_balance
  where book_id = $1::bigint
),
compared as (
  select
    account_id,
    coalesce(debits_minor, 0) as told_debits, coalesce(debits, 0) as debits,
    coalesce(credits_minor, 0) as told_credits, coalesce(credits, 0) as credits,
    coalesce(pending_debits_minor, 0) <> coalesce(pending_debits, 0)
      or coalesce(pending_credits_minor, 0) <> coalesce(pending_credits, 0) as is_pending_broken
  from posted
  full join told using (account_id)
),
broken as (
  select *
  from compared
  where told_debits <> debits or told_credits <> credits or is_pending_broken
)
select
  (select count(*) from compared) as checked,
  (select count(*) from broken) as breaches,
  (
    select
      coalesce(account.code || ' ' || account.currency, broken.account_id::text)
        || case
          when told_debits <> debits then ': debits are ' || told_debits || ', postings sum to ' || debits
          when told_credits <> credits then ': credits are ' || told_credits || ', postings sum to ' || credits
          else ': what is pending differs from its postings'
        end
    from broken
    left join tieout.account on account.book_id = $1::bigint and account.account_id = broken.account_id
    order by 1
    limit 1
  ) as example
