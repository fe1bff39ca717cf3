-- What the entries that this run withdraws had moved, taken back: by account, debits positive, all against suspense, where
-- their revocation has left what they had closed.
--
-- What a payout had opened in transit goes as a whole; what other lines of its reference still say is opened anew. The day is
-- that of the journal it takes back, so that the books as of that day say what the corrected file says.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with withdrawn as (
  select
    taken_entry.*, restatement_act.restatement_id,
    coalesce(taken_entry.account, '') as merchant,
    coalesce(taken_entry.batch, '') as batch_no,
    tieout.content_id(
      taken_entry.source || '|' || coalesce(taken_entry.account, '') || '|' || coalesce(taken_entry.batch, '') || '|' ||
      taken_entry.currency
    ) as batch_id
  from tieout.entry_withdrawal
  join tieout.restatement_act
    on restatement_act.book_id = entry_withdrawal.book_id
    and restatement_act.file_no = entry_withdrawal.restated_by_file_no
    and restatement_act.restatement_no = entry_withdrawal.restatement_no
  join tieout.taken_entry
    on taken_entry.book_id = entry_withdrawal.book_id and taken_entry.file_no = entry_withdrawal.file_no
    and taken_entry.ordinal = entry_withdrawal.ordinal
  where entry_withdrawal.book_id = $1::bigint
    and entry_withdrawal.run_id = $2::bigint
    and taken_entry.run_id < $2::bigint
),
line as (
  select
    withdrawn.*,
    (
      select max(coalesce(journal.requested_date, journal.effective_date))
      from tieout.settlement_journal
      join tieout.journal
        on journal.book_id = settlement_journal.book_id and journal.booked_on = settlement_journal.booked_on
        and journal.journal_id = settlement_journal.journal_id
      where settlement_journal.book_id = withdrawn.book_id and settlement_journal.file_no = withdrawn.file_no
        and settlement_journal.batch_id = withdrawn.batch_id and settlement_journal.kind = 'settlement'
    ) as day
  from withdrawn
  where withdrawn.statement_kind = 'settlement-report'
),
batch_sum as (
  select
    restatement_id, file_no, sha256, source, merchant, batch_no, batch_id, currency, day,
    coalesce(sum(gross_minor) filter (where type = 'reserve'), 0) as reserve,
    coalesce(sum(gross_minor) filter (where type = 'transfer'), 0) as carried,
    -sum(fee_commission_minor) as commission,
    -sum(fee_markup_minor) as markup,
    -sum(fee_scheme_minor) as scheme,
    -sum(fee_interchange_minor) as interchange,
    coalesce(sum(gross_minor) filter (where type = 'fee'), 0) - sum(fee_other_minor) as other_fee
  from line
  group by restatement_id, file_no, sha256, source, merchant, batch_no, batch_id, currency, day
),
payout as (
  select
    line.restatement_id, line.file_no, line.sha256, line.source, line.merchant, line.batch_no, line.batch_id, line.currency,
    line.day, line.reference, match_member.item_amount_minor,
    coalesce((
      select -sum(other.gross_minor)
      from tieout.entry other
      where other.book_id = line.book_id and other.file_no = line.file_no and other.type = 'payout' and other.is_counted
        and coalesce(other.account, '') = line.merchant and coalesce(other.batch, '') = line.batch_no
        and other.currency = line.currency and other.reference is not distinct from line.reference
        and not exists (
          select from tieout.entry_withdrawal
          where entry_withdrawal.book_id = other.book_id and entry_withdrawal.file_no = other.file_no
            and entry_withdrawal.ordinal = other.ordinal
        )
    ), 0) as standing_minor
  from line
  join tieout.match_member
    on match_member.book_id = line.book_id and match_member.file_no = line.file_no
    and match_member.ordinal = line.ordinal and match_member.is_live and match_member.run_id = $2::bigint
  where line.type = 'payout'
),
leg as (
  select batch_sum.restatement_id, batch_sum.file_no, null::bigint as statement_no, batch_sum.sha256, batch_sum.source,
    batch_sum.merchant, batch_sum.batch_no, batch_sum.batch_id, batch_sum.currency, batch_sum.day, account.code,
    null::text as payout_reference, account.amount, false as opens
  from batch_sum
  cross join lateral (values
    ('assets:reserve:' || source, reserve),
    ('assets:carried:' || source, carried),
    ('expenses:fees:' || source || ':commission', commission),
    ('expenses:fees:' || source || ':markup', markup),
    ('expenses:fees:' || source || ':scheme', scheme),
    ('expenses:fees:' || source || ':interchange', interchange),
    ('expenses:fees:' || source || ':other', other_fee)
  ) account (code, amount)
  union all
  select payout.restatement_id, payout.file_no, null, payout.sha256, payout.source, payout.merchant, payout.batch_no,
    payout.batch_id, payout.currency, payout.day, 'assets:in-transit:' || payout.source, payout.reference, part.amount,
    part.opens
  from payout
  cross join lateral (values (-payout.item_amount_minor, false), (payout.standing_minor, true)) part (amount, opens)
  union all
  select restatement_id, file_no, statement_no, sha256, source, '', '', null, currency,
    coalesce(booking_date, value_date, closing_date), account_code, null, -sum(amount_minor), false
  from withdrawn
  where statement_kind = 'bank-statement'
  group by restatement_id, file_no, statement_no, sha256, source, currency,
    coalesce(booking_date, value_date, closing_date), account_code, sign(amount_minor)
)
select
  restatement_id as "restatementId",
  file_no as "fileNo",
  statement_no as "statementNo",
  sha256,
  source,
  merchant,
  batch_no as batch,
  batch_id as "batchId",
  currency,
  day as "effectiveDate",
  code,
  payout_reference as "payoutReference",
  amount::bigint as "amountMinor",
  opens
from leg
where amount <> 0
order by restatement_id, file_no, statement_no, merchant, batch_no, currency, day, code, payout_reference, amount
