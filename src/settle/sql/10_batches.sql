-- Records the processor batches of this run's files with their sums: gross − fees + other = net, exactly.
--
-- The gross of a fee row is a cost, and what a payout, reserve or transfer itself costs is a fee like any other.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    book_id, source, coalesce(account, '') as merchant, coalesce(batch, '') as batch, currency, type, amount_minor,
    gross_minor,
    fee_commission_minor as commission,
    fee_markup_minor as markup,
    fee_scheme_minor as scheme,
    fee_interchange_minor as interchange,
    fee_other_minor - case when type = 'fee' then gross_minor else 0 end as other_fee
  from tieout.taken_entry
  where book_id = $1::bigint and run_id = $2::bigint and is_counted and statement_kind = 'settlement-report'
),
batch_sum as (
  select
    book_id, source, merchant, batch, currency,
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
    sum(case
      when type = 'payout' then amount_minor - gross_minor
      else amount_minor
    end)::bigint as net_minor,
    coalesce(-sum(gross_minor) filter (where type = 'payout'), 0)::bigint as payout_minor
  from line
  group by book_id, source, merchant, batch, currency
)
insert into tieout.settlement_batch (
  book_id, batch_id, source, merchant, batch, currency, entries, gross_minor, fee_minor, fee_commission_minor,
  fee_markup_minor, fee_scheme_minor, fee_interchange_minor, fee_other_minor, other_minor, net_minor, payout_minor,
  first_run
)
select
  book_id, tieout.content_id(source || '|' || merchant || '|' || batch || '|' || currency), source, merchant, batch,
  currency, entries, gross_minor, fee_minor, commission, markup, scheme, interchange, other_fee, other_minor, net_minor,
  payout_minor, $2::bigint
from batch_sum
on conflict (book_id, batch_id) do update
set entries = settlement_batch.entries + excluded.entries,
    gross_minor = settlement_batch.gross_minor + excluded.gross_minor,
    fee_minor = settlement_batch.fee_minor + excluded.fee_minor,
    fee_commission_minor = settlement_batch.fee_commission_minor + excluded.fee_commission_minor,
    fee_markup_minor = settlement_batch.fee_markup_minor + excluded.fee_markup_minor,
    fee_scheme_minor = settlement_batch.fee_scheme_minor + excluded.fee_scheme_minor,
    fee_interchange_minor = settlement_batch.fee_interchange_minor + excluded.fee_interchange_minor,
    fee_other_minor = settlement_batch.fee_other_minor + excluded.fee_other_minor,
    other_minor = settlement_batch.other_minor + excluded.other_minor,
    net_minor = settlement_batch.net_minor + excluded.net_minor,
    payout_minor = settlement_batch.payout_minor + excluded.payout_minor
