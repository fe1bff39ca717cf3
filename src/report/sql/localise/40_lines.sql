-- The lines of a batch that tell something else than the ledger expects, on the days of a kind that do not agree.
--
--   $1 book_id   bigint
--   $2 source    text
--   $3 merchant  text
--   $4 batch     text
--   $5 currency  text
--   $6 kind      text[], of the days that do not agree
--   $7 day       date[]
--   $8 lines     bigint, at most so many of each day, the largest differences
with line as (
  select
    entry.book_id, entry.file_no, entry.ordinal, entry.line, source_file.name as file, entry.type, entry.reference,
    entry.external_id, coalesce(entry.booking_date, entry.value_date) as day, entry.gross_minor,
    entry.duplicate_of_ordinal is not null as is_duplicate
  from tieout.batch_total
  join tieout.source_file
    on source_file.book_id = batch_total.book_id and source_file.file_no = batch_total.file_no
    and source_file.source = $2::text
  join tieout.entry
    on entry.book_id = batch_total.book_id and entry.file_no = batch_total.file_no
    and coalesce(entry.account, '') = batch_total.merchant and coalesce(entry.batch, '') = batch_total.batch
    and entry.currency = batch_total.currency
  where batch_total.book_id = $1::bigint and batch_total.merchant = $3::text and batch_total.batch = $4::text
    and batch_total.currency = $5::text and entry.is_counted
    and entry.type in ('payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment')
    and not exists (
      select from tieout.withdrawn_entry
      where withdrawn_entry.book_id = entry.book_id and withdrawn_entry.file_no = entry.file_no
        and withdrawn_entry.ordinal = entry.ordinal
    )
),
held as (
  select
    line.*,
    coalesce(
      (
        select sum(match_allocation.amount_minor)
        from tieout.match_allocation
        where match_allocation.book_id = tied.book_id and match_allocation.group_id = tied.group_id
          and match_allocation.file_no = line.file_no and match_allocation.ordinal = line.ordinal
      ),
      tied.item_amount_minor,
      case when tied.group_id is not null then line.gross_minor end,
      (
        select open_item.amount_minor
        from tieout.exception_item
        join tieout.open_item
          on open_item.book_id = exception_item.book_id and open_item.item_id = exception_item.item_id
        where exception_item.book_id = line.book_id and exception_item.state <> 'RESOLVED'
          and exception_item.code in ('DIF_AMOUNT_OVER', 'DIF_AMOUNT_UNDER')
          and exception_item.file_no = line.file_no and exception_item.ordinal = line.ordinal
      ),
      0
    )::bigint as expected_minor,
    tied.group_id is not null as is_tied
  from line
  left join tieout.match_member tied
    on tied.book_id = line.book_id and tied.file_no = line.file_no and tied.ordinal = line.ordinal and tied.is_live
),
placed as (
  select
    held.*,
    row_number() over (
      partition by held.type, held.day
      order by abs(held.gross_minor - held.expected_minor) desc, held.file_no, held.ordinal
    ) as place
  from held
  join unnest($6::text[], $7::date[]) as wanted (kind, day)
    on wanted.kind = held.type and wanted.day is not distinct from held.day
  where held.gross_minor <> held.expected_minor
)
select
  type as kind, day, file_no as "fileNo", ordinal, file, line, reference, external_id as "externalId",
  is_duplicate as "isDuplicate", is_tied as "isTied", gross_minor as "toldMinor", expected_minor as "expectedMinor"
from placed
where place <= $8::bigint
order by kind, day, place
