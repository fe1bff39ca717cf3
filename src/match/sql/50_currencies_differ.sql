-- DIF_CURRENCY: a settlement line and an open item of one reference and kind, in different currencies.
--
-- A converted payment: what it was worth is between the processor and us, and is never reckoned by a rate. Only where the
-- reference leaves one line and one item.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    entry_to_match.*,
    case when entry_to_match.type = 'payment' then 'capture' else entry_to_match.type end as kind,
    count(*) over (partition by entry_to_match.source, entry_to_match.reference, entry_to_match.type) as lines
  from tieout.entry_to_match
  where entry_to_match.book_id = $1::bigint
    and entry_to_match.is_carried
    and entry_to_match.role = 'processor'
    and entry_to_match.reference is not null
),
pair as (
  select line.*, item.item_id, item.amount_minor as item_minor, item.currency as item_currency,
    account.code as account_code,
    count(*) over (partition by line.file_no, line.ordinal) as items
  from line
  join tieout.account
    on account.book_id = line.book_id and account.code = 'assets:receivable:' || line.source
  join tieout.open_item item
    on item.book_id = line.book_id
    and item.account_id = account.account_id
    and item.reference = line.reference
    and item.kind = line.kind
  where line.lines = 1
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  pair.book_id,
  $2::bigint,
  tieout.content_id('DIF_CURRENCY|' || pair.file_no || '|' || pair.ordinal || '|' || pair.item_id::text),
  'DIF_CURRENCY',
  'medium',
  pair.source,
  pair.account_code,
  pair.currency,
  pair.gross_minor,
  null,
  pair.reference,
  pair.batch,
  pair.file_no,
  pair.ordinal,
  pair.item_id,
  entry.line,
  entry.element,
  coalesce(pair.booking_date, pair.value_date),
  'The processor settles {amount} for ' || pair.kind || ' ' || pair.reference || ', which the ledger expects in ' ||
    pair.item_currency || '.'
from pair
join tieout.entry
  on entry.book_id = pair.book_id and entry.file_no = pair.file_no and entry.ordinal = pair.ordinal
where pair.items = 1
  and pair.item_currency <> pair.currency
  and sign(pair.item_minor) = sign(pair.gross_minor)
