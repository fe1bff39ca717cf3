-- DIF_AMOUNT_OVER, DIF_AMOUNT_UNDER: a settlement line and an open item of one reference and kind, with other amounts.
--
-- Over: the processor reports more than the ledger expects. Only where the reference leaves one line and one item.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    line_to_match.*,
    count(*) over (partition by book_id, account_id, reference, kind) as lines
  from tieout.line_to_match
  where book_id = $1::bigint and is_carried and reference is not null
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  line.book_id,
  $2::bigint,
  tieout.content_id('DIF_AMOUNT|' || line.file_no || '|' || line.ordinal || '|' || item.item_id::text),
  case when abs(line.amount_minor) > abs(item.amount_minor) then 'DIF_AMOUNT_OVER' else 'DIF_AMOUNT_UNDER' end,
  'medium',
  line.source,
  line.account_code,
  line.currency,
  line.amount_minor,
  line.amount_minor - item.amount_minor,
  line.reference,
  line.batch,
  line.file_no,
  line.ordinal,
  item.item_id,
  entry.line,
  entry.element,
  line.day,
  'The processor settles {amount} for ' || line.kind || ' ' || line.reference || ', the ledger expects {expected}.'
from line
join tieout.open_item item
  on item.book_id = line.book_id
  and item.account_id = line.account_id
  and item.reference = line.reference
  and item.kind = line.kind
  and item.amount_minor <> line.amount_minor
  and sign(item.amount_minor) = sign(line.amount_minor)
join tieout.entry
  on entry.book_id = line.book_id and entry.file_no = line.file_no and entry.ordinal = line.ordinal
where line.lines = 1
  and not exists (
    select from tieout.open_item other
    where other.book_id = item.book_id
      and other.account_id = item.account_id
      and other.reference = item.reference
      and other.kind = item.kind
      and other.item_id <> item.item_id
  )
