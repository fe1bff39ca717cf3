-- SET_PAYOUT_FAILED, SET_PAYOUT_RETURNED: a payout that the bank rejected, or whose money it says or shows to be back.
--
-- The bank shows it by money in that names a payout which a debit has closed: by its reference or payment id as the entry's
-- reference; or as a word of the narrative, if the entry is a reversal, has a return reason, or is of the payout's amount. One
-- exception for each payout until it is taken back, whatever the number of messages; money that names several payouts is
-- told as nobody's below.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with told as (
  select distinct on (status_tie.book_id, status_tie.journal_id, status_tie.seq)
    status_tie.booked_on, status_tie.journal_id, status_tie.seq, payment_status.*
  from tieout.status_tie
  join tieout.payment_status
    on payment_status.book_id = status_tie.book_id and payment_status.file_no = status_tie.file_no
    and payment_status.status_no = status_tie.status_no
  where status_tie.book_id = $1::bigint and status_tie.closed_in_run is null and status_tie.certificate = 'UNIQUE'
  order by status_tie.book_id, status_tie.journal_id, status_tie.seq, payment_status.status = 'RTRN' desc,
    payment_status.file_no desc, payment_status.status_no desc
),
credit as materialized (
  select entry.*
  from tieout.entry_to_match
  join tieout.entry
    on entry.book_id = entry_to_match.book_id and entry.file_no = entry_to_match.file_no
    and entry.ordinal = entry_to_match.ordinal
  where entry_to_match.book_id = $1::bigint
    and entry_to_match.is_carried
    and entry_to_match.role = 'bank'
    and entry_to_match.amount_minor > 0
),
credit_name as (
  select credit.*, btrim(credit.reference) as name, true as is_reference
  from credit
  where credit.reference is not null
  union all
  select credit.*, word, false
  from credit
  cross join lateral regexp_split_to_table(credit.narrative, '[[:space:],;]+') word
  where word ~ '[0-9]' and length(word) >= 5
),
-- A union beside each name, because it keeps the planner from joining the names with all of history.
back as (
  select distinct on (credit_name.book_id, credit_name.file_no, credit_name.ordinal, payout.journal_id, payout.seq)
    credit_name.*, payout.booked_on, payout.journal_id, payout.seq, payout.amount_minor as payout_minor
  from credit_name
  cross join lateral (
    select by_reference.*
    from tieout.sent_payout by_reference
    where by_reference.book_id = credit_name.book_id and by_reference.reference = credit_name.name
    union
    select by_payment_id.*
    from tieout.journal_key
    join tieout.sent_payout by_payment_id
      on by_payment_id.book_id = journal_key.book_id and by_payment_id.booked_on = journal_key.booked_on
      and by_payment_id.journal_id = journal_key.journal_id
    where journal_key.book_id = credit_name.book_id
      and journal_key.key_hash = substring(sha256(convert_to('import|' || credit_name.name, 'UTF8')) for 16)
  ) payout
  where payout.currency = credit_name.currency
    and payout.reversed_minor < payout.amount_minor
    and (
      credit_name.is_reference
      or credit_name.is_reversal
      or credit_name.attributes ->> 'returnReason' is not null
      or credit_name.amount_minor = payout.amount_minor
    )
    and exists (
      select from tieout.match_member
      where match_member.book_id = payout.book_id and match_member.item_id = payout.item_id and match_member.is_live
    )
),
counted as (
  select back.*, count(*) over (partition by book_id, file_no, ordinal) as payouts
  from back
),
shown as (
  select distinct on (book_id, journal_id, seq) *
  from counted
  where payouts = 1
  order by book_id, journal_id, seq, amount_minor = payout_minor desc, file_no, ordinal
),
found as (
  select
    coalesce(told.book_id, shown.book_id) as book_id,
    coalesce(told.booked_on, shown.booked_on) as booked_on,
    coalesce(told.journal_id, shown.journal_id) as journal_id,
    coalesce(told.seq, shown.seq) as seq,
    told.status,
    coalesce(shown.file_no, told.file_no) as file_no,
    shown.ordinal,
    coalesce(shown.line, told.line) as line,
    case when shown.ordinal is null then told.element else shown.element end as element,
    coalesce(shown.value_date, shown.booking_date, told.status_date) as value_date,
    shown.amount_minor as shown_minor,
    coalesce(
      nullif(concat_ws(' ', told.reason_code, told.reason_text), ''), shown.attributes ->> 'returnReason', 'no reason told'
    ) as reason
  from told
  full join shown
    on shown.book_id = told.book_id and shown.journal_id = told.journal_id and shown.seq = told.seq
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  payout.book_id,
  $2::bigint,
  tieout.content_id('PAYOUT_BACK|' || payout.item_id::text),
  case when found.status = 'RTRN' or found.ordinal is not null then 'SET_PAYOUT_RETURNED' else 'SET_PAYOUT_FAILED' end,
  'high',
  source_file.source,
  payout.account_code,
  payout.currency,
  coalesce(found.shown_minor, payout.amount_minor),
  nullif(found.shown_minor - payout.amount_minor, 0),
  coalesce(payout.reference, payout.payment_id),
  null,
  found.file_no,
  found.ordinal,
  payout.item_id,
  found.line,
  found.element,
  found.value_date,
  'Payout ' || coalesce(payout.reference, payout.payment_id, payout.key) ||
    case
      when found.ordinal is not null
        then ' has come back: the bank shows {amount} in ' || source_file.name || ', line ' || found.line
      when found.status = 'RTRN' then ' of {amount} was returned, says ' || source_file.name
      else ' of {amount} was rejected, says ' || source_file.name
    end || ' (' || found.reason || '). ' ||
    case
      when match_told.group_id is null then 'No bank statement shows that it left.'
      else 'The bank had debited it (' || match_told.rule || ', group ' || match_told.group_id::text || ').'
    end
from found
join tieout.sent_payout payout
  on payout.book_id = found.book_id and payout.booked_on = found.booked_on and payout.journal_id = found.journal_id
  and payout.seq = found.seq
join tieout.source_file on source_file.book_id = payout.book_id and source_file.file_no = found.file_no
left join tieout.match_member
  on match_member.book_id = payout.book_id and match_member.item_id = payout.item_id and match_member.is_live
left join tieout.match_told
  on match_told.book_id = match_member.book_id and match_told.group_id = match_member.group_id
