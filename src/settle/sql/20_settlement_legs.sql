-- What each batch of this run's files moves, by account; debits positive. Receivable is the hub that all legs move against.
--
-- What matched closes the receivable; what did not, and what could not be read, goes to suspense: so the journal equals the file.
-- The gross of a fee row is a cost, and what a payout, reserve or transfer itself costs is a fee like any other.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    book_id, file_no, sha256, source, coalesce(account, '') as merchant, coalesce(batch, '') as batch, currency, type,
    amount_minor, gross_minor, fee_commission_minor, fee_markup_minor, fee_scheme_minor, fee_interchange_minor,
    fee_other_minor, reference,
    coalesce(booking_date, value_date) as day,
    -- As a scalar it is looked up; NOT EXISTS reads every match the book ever made.
    type in ('payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment') and (
      select true from tieout.match_member
      where match_member.book_id = taken_entry.book_id and match_member.file_no = taken_entry.file_no
        and match_member.ordinal = taken_entry.ordinal and match_member.is_live
      limit 1
    ) is null as is_unexplained
  from tieout.taken_entry
  where book_id = $1::bigint and run_id = $2::bigint and is_counted and statement_kind = 'settlement-report'
),
batch_sum as (
  select
    book_id, file_no, sha256, source, merchant, batch, currency,
    max(day) as day,
    coalesce(-sum(gross_minor) filter (where type = 'reserve'), 0) as reserve,
    coalesce(-sum(gross_minor) filter (where type = 'transfer'), 0) as carried,
    sum(fee_commission_minor) as commission,
    sum(fee_markup_minor) as markup,
    sum(fee_scheme_minor) as scheme,
    sum(fee_interchange_minor) as interchange,
    sum(fee_other_minor) - coalesce(sum(gross_minor) filter (where type = 'fee'), 0) as other_fee,
    sum(amount_minor) - coalesce(sum(gross_minor) filter (where is_unexplained), 0) as suspense
  from line
  group by book_id, file_no, sha256, source, merchant, batch, currency
),
payout as (
  select book_id, file_no, merchant, batch, currency, reference, -sum(gross_minor) as amount
  from line
  where type = 'payout'
  group by book_id, file_no, merchant, batch, currency, reference
),
leg as (
  select batch_sum.*, account.code, null::text as payout_reference, account.amount
  from batch_sum
  cross join lateral (values
    ('assets:reserve:' || source, reserve),
    ('assets:carried:' || source, carried),
    ('expenses:fees:' || source || ':commission', commission),
    ('expenses:fees:' || source || ':markup', markup),
    ('expenses:fees:' || source || ':scheme', scheme),
    ('expenses:fees:' || source || ':interchange', interchange),
    ('expenses:fees:' || source || ':other', other_fee),
    ('suspense:' || source, suspense)
  ) account (code, amount)
  union all
  select batch_sum.*, 'assets:in-transit:' || batch_sum.source, payout.reference, payout.amount
  from batch_sum
  join payout
    on payout.book_id = batch_sum.book_id and payout.file_no = batch_sum.file_no
    and payout.merchant = batch_sum.merchant and payout.batch = batch_sum.batch and payout.currency = batch_sum.currency
)
select
  file_no as "fileNo",
  sha256,
  source,
  merchant,
  batch,
  currency,
  tieout.content_id(source || '|' || merchant || '|' || batch || '|' || currency) as "batchId",
  code,
  payout_reference as "payoutReference",
  amount::bigint as "amountMinor",
  day as "effectiveDate"
from leg
where amount <> 0
order by file_no, merchant, batch, currency, code, payout_reference
