-- The settlement batches a run made, tied to the bank, or left unpaid, with their fees by kind and whether the money came.
--
-- A batch is short (over) while an exception says so, open while its net waits in transit, and funded once the bank has shown it.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with in_transit as (
  select account_id, code, currency
  from tieout.account
  where book_id = $1::bigint and code like 'assets:in-transit:%'
),
unpaid as (
  select distinct settlement_journal.batch_id
  from tieout.open_item
  join in_transit on in_transit.account_id = open_item.account_id
  join tieout.settlement_journal
    on settlement_journal.book_id = open_item.book_id and settlement_journal.journal_id = open_item.journal_id
  where open_item.book_id = $1::bigint
),
paid_now as (
  select distinct settlement_journal.batch_id
  from tieout.match_member
  join in_transit on in_transit.account_id = match_member.item_account_id
  join tieout.settlement_journal
    on settlement_journal.book_id = match_member.book_id
    and settlement_journal.journal_id = overlay(match_member.item_id::text placing '0000' from 33)::uuid
  where match_member.book_id = $1::bigint and match_member.run_id = $2::bigint and match_member.is_live
),
told as (
  select
    settlement_batch.batch_id,
    max(exception_item.code) as code,
    sum(exception_item.difference_minor)::bigint as difference_minor
  from tieout.exception_item
  join tieout.settlement_batch
    on settlement_batch.book_id = exception_item.book_id
    and settlement_batch.batch = coalesce(exception_item.batch, exception_item.reference)
    and settlement_batch.currency = exception_item.currency
    and (
      settlement_batch.source = exception_item.source
      or 'assets:in-transit:' || settlement_batch.source = exception_item.account_code
    )
  where exception_item.book_id = $1::bigint
    and exception_item.code in ('SET_PAYOUT_SHORT', 'SET_PAYOUT_OVER')
    and exception_item.state <> 'RESOLVED'
  group by settlement_batch.batch_id
),
shown as (
  select
    settlement_batch.*,
    unpaid.batch_id is not null as is_unpaid,
    told.code as told_code,
    told.difference_minor
  from tieout.settlement_batch
  left join unpaid on unpaid.batch_id = settlement_batch.batch_id
  left join told on told.batch_id = settlement_batch.batch_id
  where settlement_batch.book_id = $1::bigint
    and settlement_batch.first_run <= $2::bigint
    and (
      settlement_batch.first_run = $2::bigint
      or unpaid.batch_id is not null
      or told.batch_id is not null
      or settlement_batch.batch_id in (select batch_id from paid_now)
    )
)
select
  shown.source,
  shown.merchant,
  shown.batch,
  shown.currency,
  shown.entries,
  shown.gross_minor as "grossMinor",
  shown.fee_commission_minor as "commissionMinor",
  shown.fee_markup_minor as "markupMinor",
  shown.fee_scheme_minor as "schemeMinor",
  shown.fee_interchange_minor as "interchangeMinor",
  shown.fee_other_minor as "otherFeeMinor",
  shown.fee_minor as "feeMinor",
  shown.other_minor as "otherMinor",
  shown.net_minor as "netMinor",
  shown.payout_minor as "payoutMinor",
  shown.difference_minor as "differenceMinor",
  case
    when shown.told_code = 'SET_PAYOUT_SHORT' then 'short'
    when shown.told_code = 'SET_PAYOUT_OVER' then 'over'
    when shown.is_unpaid then 'open'
    when shown.payout_minor = 0 then 'carried'
    else 'funded'
  end as state
from shown
order by shown.source collate "C", shown.merchant collate "C", shown.batch collate "C", shown.currency
