-- Records the processor batches of this run's files with their sums: gross − fees + other = net, exactly.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with batch as (
  select
    entry.book_id,
    source_file.source,
    coalesce(statement.account, '') as merchant,
    coalesce(entry.batch, '') as batch,
    entry.currency,
    count(*) as entries,
    coalesce(sum(entry.gross_minor) filter (
      where entry.type in ('payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment')
    ), 0)::bigint as gross_minor,
    sum(
      entry.fee_commission_minor + entry.fee_markup_minor + entry.fee_scheme_minor + entry.fee_interchange_minor
      + entry.fee_other_minor
    )::bigint as fee_minor,
    coalesce(sum(entry.amount_minor) filter (where entry.type in ('reserve', 'transfer')), 0)::bigint as other_minor,
    coalesce(sum(entry.amount_minor) filter (where entry.type <> 'payout'), 0)::bigint as net_minor,
    coalesce(-sum(entry.amount_minor) filter (where entry.type = 'payout'), 0)::bigint as payout_minor
  from tieout.entry
  join tieout.matched_file
    on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no
    and matched_file.run_id = $2::bigint
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
  where entry.book_id = $1::bigint and entry.is_counted and statement.kind = 'settlement-report'
  group by entry.book_id, source_file.source, coalesce(statement.account, ''), coalesce(entry.batch, ''), entry.currency
)
insert into tieout.settlement_batch (
  book_id, batch_id, source, merchant, batch, currency, entries, gross_minor, fee_minor, other_minor, net_minor,
  payout_minor, first_run
)
select
  book_id, tieout.content_id(source || '|' || merchant || '|' || batch || '|' || currency), source, merchant, batch,
  currency, entries, gross_minor, fee_minor, other_minor, net_minor, payout_minor, $2::bigint
from batch
on conflict (book_id, batch_id) do update
set entries = settlement_batch.entries + excluded.entries,
    gross_minor = settlement_batch.gross_minor + excluded.gross_minor,
    fee_minor = settlement_batch.fee_minor + excluded.fee_minor,
    other_minor = settlement_batch.other_minor + excluded.other_minor,
    net_minor = settlement_batch.net_minor + excluded.net_minor,
    payout_minor = settlement_batch.payout_minor + excluded.payout_minor
