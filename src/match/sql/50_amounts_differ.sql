-- DIF_AMOUNT_OVER, DIF_AMOUNT_UNDER: a settlement line and an open item of one name and kind, with other amounts.
--
-- Over: the processor reports more than the ledger expects. A name is what the rules for lines know as one: our reference, the
-- processor's own, that of the payment it goes back to, or the id of the payment. Only where the names leave one line and one
-- item.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select * from tieout.line_to_match where book_id = $1::bigint and is_carried
),
named as (
  select line.file_no, line.ordinal, item.item_id, item.amount_minor as item_minor, item.reference as item_reference
  from line
  cross join lateral unnest(array[line.reference, line.external_id, line.original_reference]) as told (name)
  join tieout.open_item item
    on item.book_id = line.book_id
    and item.account_id = line.account_id
    and item.reference = told.name
    and item.kind = line.kind
  union
  select line.file_no, line.ordinal, item.item_id, item.amount_minor, item.reference
  from line
  cross join lateral unnest(array[line.reference, line.external_id]) as told (name)
  join tieout.open_item item
    on item.book_id = line.book_id
    and item.account_id = line.account_id
    and item.payment_id = told.name
    and item.kind = line.kind
),
pair as (
  select
    line.*, named.item_id, named.item_minor, coalesce(named.item_reference, line.reference, line.external_id) as item_reference,
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
  tieout.content_id('DIF_AMOUNT|' || pair.file_no || '|' || pair.ordinal || '|' || pair.item_id::text),
  case when abs(pair.amount_minor) > abs(pair.item_minor) then 'DIF_AMOUNT_OVER' else 'DIF_AMOUNT_UNDER' end,
  'medium',
  pair.source,
  pair.account_code,
  pair.currency,
  pair.amount_minor,
  pair.amount_minor - pair.item_minor,
  pair.item_reference,
  pair.batch,
  pair.file_no,
  pair.ordinal,
  pair.item_id,
  entry.line,
  entry.element,
  pair.day,
  'The processor settles {amount} for ' || pair.kind || ' ' || pair.item_reference || ', the ledger expects {expected}.'
from pair
join tieout.entry
  on entry.book_id = pair.book_id and entry.file_no = pair.file_no and entry.ordinal = pair.ordinal
where pair.items = 1
  and pair.lines = 1
  and pair.item_minor <> pair.amount_minor
  and sign(pair.item_minor) = sign(pair.amount_minor)
