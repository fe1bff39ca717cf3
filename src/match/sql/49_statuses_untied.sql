-- UNM_IN_LEDGER, MAT_AMBIGUOUS, DIF_AMOUNT_OVER, DIF_AMOUNT_UNDER, DIF_CURRENCY: a status that rejects or returns a payment
-- whose payout is unknown, one of several, or of another amount; also of a whole message, whose payments it does not name.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with untied as (
  select distinct on (payment_status.book_id, payment_status.message, payment_status.original_message_id, status.name)
    payment_status.*, status.name, status_tie.certificate, status_tie.alternatives, payout.account_code,
    payout.amount_minor as payout_minor, payout.currency as payout_currency, payout.item_id,
    case when payment_status.status = 'RJCT' then 'rejected' else 'returned' end as verb
  from tieout.status_tie
  join tieout.payment_status
    on payment_status.book_id = status_tie.book_id and payment_status.file_no = status_tie.file_no
    and payment_status.status_no = status_tie.status_no
  cross join lateral (
    select
      case
        when payment_status.level = 'group' then payment_status.original_message_id
        when payment_status.level = 'payment-information' then payment_status.original_payment_information_id
        else coalesce(
          payment_status.end_to_end_id, payment_status.instruction_id, payment_status.transaction_id, payment_status.uetr
        )
      end as name
  ) status
  left join tieout.sent_payout payout
    on payout.book_id = status_tie.book_id and payout.booked_on = status_tie.booked_on
    and payout.journal_id = status_tie.journal_id and payout.seq = status_tie.seq
  where status_tie.book_id = $1::bigint and status_tie.closed_in_run is null and status_tie.certificate <> 'UNIQUE'
  order by payment_status.book_id, payment_status.message, payment_status.original_message_id, status.name,
    payment_status.file_no, payment_status.status_no
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  untied.book_id,
  $2::bigint,
  tieout.content_id(
    'STATUS|' || untied.message || '|' || coalesce(untied.original_message_id, '') || '|' ||
    coalesce(untied.name, untied.file_no || '|' || untied.status_no)
  ),
  case
    when untied.certificate = 'AMBIGUOUS' then 'MAT_AMBIGUOUS'
    when untied.payout_minor is null then 'UNM_IN_LEDGER'
    when untied.currency <> untied.payout_currency then 'DIF_CURRENCY'
    when untied.amount_minor > untied.payout_minor then 'DIF_AMOUNT_OVER'
    else 'DIF_AMOUNT_UNDER'
  end,
  case when untied.level = 'transaction' then 'medium' else 'high' end,
  source_file.source,
  coalesce(untied.account_code, 'liabilities:payouts-in-transit'),
  untied.currency,
  -untied.amount_minor,
  case when untied.currency = untied.payout_currency then untied.payout_minor - untied.amount_minor end,
  coalesce(untied.name, untied.original_message_id),
  null,
  untied.file_no,
  null,
  untied.item_id,
  untied.line,
  untied.element,
  untied.status_date,
  case
    when untied.level <> 'transaction'
      then 'The bank ' || untied.verb || ' message ' || coalesce(untied.original_message_id, 'of no id') || ' whole' ||
        case when untied.level = 'group' then '' else ', as to its group ' || coalesce(untied.name, 'of no id') end ||
        coalesce(', ' || untied.original_count || ' payments', '') || coalesce(', sum ' || untied.original_sum, '')
    else 'The bank ' || untied.verb || ' payment ' || coalesce(untied.name, 'of no id') ||
      case when untied.amount_minor is null then '' else ' of {amount}' end ||
      case
        when untied.certificate = 'AMBIGUOUS' then ', and ' || untied.alternatives || ' payouts have this name'
        when untied.payout_minor is null then ', and no payout of the ledger has this name'
        when untied.currency <> untied.payout_currency then ', and the payout of this name is in ' || untied.payout_currency
        else ', and the payout of this name is of {expected}'
      end
  end || ' (' || coalesce(nullif(concat_ws(' ', untied.reason_code, untied.reason_text), ''), 'no reason told') || ').'
from untied
join tieout.source_file on source_file.book_id = untied.book_id and source_file.file_no = untied.file_no
