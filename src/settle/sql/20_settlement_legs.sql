-- What each batch of this run's files moves, by account; debits positive. Receivable is the hub that all legs move against.
--
-- What matched closes the receivable; what did not, and what could not be read, goes to suspense: so the journal equals the file.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    entry.*,
    source_file.source,
    source_file.sha256,
    coalesce(statement.account, '') as merchant,
    coalesce(entry.batch, '') as batch_number,
    exists (
      select from tieout.match_member
      where match_member.book_id = entry.book_id and match_member.file_no = entry.file_no
        and match_member.ordinal = entry.ordinal and match_member.is_live
    ) as is_tied
  from tieout.entry
  join tieout.matched_file
    on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no
    and matched_file.run_id = $2::bigint
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
  where entry.book_id = $1::bigint and entry.is_counted and statement.kind = 'settlement-report'
),
leg as (
  select
    line.book_id, line.file_no, line.sha256, line.source, line.merchant, line.batch_number, line.currency,
    coalesce(line.booking_date, line.value_date) as day,
    case when account.code like 'assets:in-transit:%' then line.reference end as payout_reference,
    account.code,
    account.amount_minor
  from line
  cross join lateral (values
    ('assets:in-transit:' || line.source, case when line.type = 'payout' then -line.amount_minor else 0 end),
    ('assets:reserve:' || line.source, case when line.type = 'reserve' then -line.amount_minor else 0 end),
    ('assets:carried:' || line.source, case when line.type = 'transfer' then -line.amount_minor else 0 end),
    ('expenses:fees:' || line.source || ':commission', line.fee_commission_minor),
    ('expenses:fees:' || line.source || ':markup', line.fee_markup_minor),
    ('expenses:fees:' || line.source || ':scheme', line.fee_scheme_minor),
    ('expenses:fees:' || line.source || ':interchange', line.fee_interchange_minor),
    ('expenses:fees:' || line.source || ':other', line.fee_other_minor),
    ('suspense:' || line.source, line.amount_minor - case
      when line.type in ('payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment') and not line.is_tied
        then line.gross_minor
      else 0
    end)
  ) account (code, amount_minor)
)
select
  file_no as "fileNo",
  sha256,
  source,
  merchant,
  batch_number as batch,
  currency,
  tieout.content_id(source || '|' || merchant || '|' || batch_number || '|' || currency) as "batchId",
  code,
  payout_reference as "payoutReference",
  sum(amount_minor)::bigint as "amountMinor",
  max(max(day)) over (partition by book_id, file_no, merchant, batch_number, currency) as "effectiveDate"
from leg
group by book_id, file_no, sha256, source, merchant, batch_number, currency, code, payout_reference
order by file_no, merchant, batch_number, currency, code, payout_reference
