-- DIF_CURRENCY: a settlement line and an open item of one name and kind, in different currencies.
--
-- A converted payment: what it was worth is between the processor and us, and is never reckoned by a rate. A name is what it is
-- where amounts differ. Only where the names leave one line and one item.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    entry_to_match.*,
    case when entry_to_match.type = 'payment' then 'capture' else entry_to_match.type end as kind
  from tieout.entry_to_match
  where entry_to_match.book_id = $1::bigint
    and entry_to_match.is_carried
    and entry_to_match.role = 'processor'
),
named as (
  select line.file_no, line.ordinal, item.item_id, account.code as account_code,
    item.amount_minor as item_minor, item.currency as item_currency, item.reference as item_reference
  from line
  cross join lateral unnest(array[line.reference, line.external_id, line.original_reference]) as told (name)
  join tieout.account
    on account.book_id = line.book_id and account.code = 'assets:receivable:' || line.source
  join tieout.open_item item
    on item.book_id = line.book_id
    and item.account_id = account.account_id
    and item.reference = told.name
    and item.kind = line.kind
  union
  select line.file_no, line.ordinal, item.item_id, account.code, item.amount_minor, item.currency, item.reference
  from line
  cross join lateral unnest(array[line.reference, line.external_id]) as told (name)
  join tieout.account
    on account.book_id = line.book_id and account.code = 'assets:receivable:' || line.source
  join tieout.open_item item
    on item.book_id = line.book_id
    and item.account_id = account.account_id
    and item.payment_id = told.name
    and item.kind = line.kind
),
pair as (
  select
    line.*, named.item_id, named.item_minor, named.item_currency, named.account_code,
    coalesce(named.item_reference, line.reference, line.external_id) as item_reference,
    count(*) over (partition by named.file_no, named.ordinal) as items,
    count(*) over (partition by named.item_id) as lines
  from named
  join line on line.file_no = named.file_no and line.ordinal = named.ordinal
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
  pair.item_reference,
  pair.batch,
  pair.file_no,
  pair.ordinal,
  pair.item_id,
  entry.line,
  entry.element,
  coalesce(pair.booking_date, pair.value_date),
  'The processor settles {amount} for ' || pair.kind || ' ' || pair.item_reference || ', which the ledger expects in ' ||
    pair.item_currency || '.'
from pair
join tieout.entry
  on entry.book_id = pair.book_id and entry.file_no = pair.file_no and entry.ordinal = pair.ordinal
where pair.items = 1
  and pair.lines = 1
  and pair.item_currency <> pair.currency
  and sign(pair.item_minor) = sign(pair.gross_minor)
