-- Takes the entries that this run withdraws out of the sums of their batches: gross − fees + other = net, exactly.
--
-- What was withdrawn before it was ever booked is in no batch.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    tieout.content_id(
      taken_entry.source || '|' || coalesce(taken_entry.account, '') || '|' || coalesce(taken_entry.batch, '') || '|' ||
      taken_entry.currency
    ) as batch_id,
    taken_entry.type,
    taken_entry.amount_minor,
    taken_entry.gross_minor,
    taken_entry.fee_commission_minor as commission,
    taken_entry.fee_markup_minor as markup,
    taken_entry.fee_scheme_minor as scheme,
    taken_entry.fee_interchange_minor as interchange,
    taken_entry.fee_other_minor - case when taken_entry.type = 'fee' then taken_entry.gross_minor else 0 end as other_fee
  from tieout.entry_withdrawal
  join tieout.taken_entry
    on taken_entry.book_id = entry_withdrawal.book_id and taken_entry.file_no = entry_withdrawal.file_no
    and taken_entry.ordinal = entry_withdrawal.ordinal
  where entry_withdrawal.book_id = $1::bigint
    and entry_withdrawal.run_id = $2::bigint
    and taken_entry.run_id < $2::bigint
    and taken_entry.statement_kind = 'settlement-report'
),
batch_sum as (
  select
    batch_id,
    count(*) as entries,
    coalesce(sum(gross_minor) filter (
      where type in ('payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment')
    ), 0)::bigint as gross_minor,
    sum(commission)::bigint as commission,
    sum(markup)::bigint as markup,
    sum(scheme)::bigint as scheme,
    sum(interchange)::bigint as interchange,
    sum(other_fee)::bigint as other_fee,
    sum(commission + markup + scheme + interchange + other_fee)::bigint as fee_minor,
    coalesce(sum(gross_minor) filter (where type in ('reserve', 'transfer')), 0)::bigint as other_minor,
    sum(case when type = 'payout' then amount_minor - gross_minor else amount_minor end)::bigint as net_minor,
    coalesce(-sum(gross_minor) filter (where type = 'payout'), 0)::bigint as payout_minor
  from line
  group by batch_id
)
update tieout.settlement_batch
set entries = settlement_batch.entries - batch_sum.entries,
    gross_minor = settlement_batch.gross_minor - batch_sum.gross_minor,
    fee_minor = settlement_batch.fee_minor - batch_sum.fee_minor,
    fee_commission_minor = settlement_batch.fee_commission_minor - batch_sum.commission,
    fee_markup_minor = settlement_batch.fee_markup_minor - batch_sum.markup,
    fee_scheme_minor = settlement_batch.fee_scheme_minor - batch_sum.scheme,
    fee_interchange_minor = settlement_batch.fee_interchange_minor - batch_sum.interchange,
    fee_other_minor = settlement_batch.fee_other_minor - batch_sum.other_fee,
    other_minor = settlement_batch.other_minor - batch_sum.other_minor,
    net_minor = settlement_batch.net_minor - batch_sum.net_minor,
    payout_minor = settlement_batch.payout_minor - batch_sum.payout_minor
from batch_sum
where settlement_batch.book_id = $1::bigint and settlement_batch.batch_id = batch_sum.batch_id
