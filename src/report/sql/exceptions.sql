-- Exceptions of a book with their file, those that are resolved only where a state or an earlier run asks for them.
--
--   $1 book_id           bigint
--   $2 code              text, null for every one
--   $3 state             text, null for all that are not resolved
--   $4 source            text, null for every one
--   $5 min_amount        numeric in major units, null for any; held against the amount without its sign
--   $6 opened_in_run     bigint, null for any
--   $7 open_after_run    bigint, null for now; else those that stood open when that run had ended
--   $8 exception_id      text, null for any; else that one, resolved or not
select
  exception_item.exception_id as "id",
  exception_item.code,
  exception_item.severity,
  exception_item.state,
  book.code as "book",
  exception_item.source,
  exception_item.account_code as "account",
  exception_item.currency,
  exception_item.amount_minor as "amountMinor",
  exception_item.difference_minor as "differenceMinor",
  exception_item.reference,
  exception_item.batch,
  exception_item.file_no as "fileNo",
  exception_item.ordinal,
  exception_item.item_id as "item",
  exception_item.line,
  exception_item.element,
  source_file.name as "fileName",
  exception_item.value_date as "valueDate",
  coalesce(exception_item.value_date, run.business_date) as "agedFrom",
  exception_item.opened_in_run as "openedInRun",
  exception_item.owner,
  exception_item.text
from tieout.exception_item
join tieout.book on book.book_id = exception_item.book_id
left join tieout.source_file
  on source_file.book_id = exception_item.book_id and source_file.file_no = exception_item.file_no
left join tieout.currency on currency.code = exception_item.currency
left join tieout.run
  on run.book_id = exception_item.book_id and run.run_id = exception_item.opened_in_run
where exception_item.book_id = $1::bigint
  and ($2::text is null or exception_item.code = $2::text)
  and ($3::text is null or exception_item.state = $3::text)
  and ($4::text is null or exception_item.source = $4::text)
  and ($5::numeric is null or abs(exception_item.amount_minor) >= $5::numeric * power(10::numeric, currency.exponent))
  and ($6::bigint is null or exception_item.opened_in_run = $6::bigint)
  and ($7::bigint is null or exception_item.opened_in_run <= $7::bigint)
  and ($8::text is null or exception_item.exception_id::text = $8::text)
  and (
    exception_item.state <> 'RESOLVED'
    or exception_item.closed_in_run > $7::bigint
    or coalesce($3::text, $8::text) is not null
  )
order by
  exception_item.code collate "C",
  exception_item.reference collate "C" nulls last,
  exception_item.source collate "C" nulls last,
  exception_item.exception_id
