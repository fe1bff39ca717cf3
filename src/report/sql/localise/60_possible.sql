-- What has exactly the amount that is left: lines paid twice, the rest shown apart, lines of other batches, what no report
-- shows, lines of the batch itself. At most three of each.
--
--   $1 book_id       bigint
--   $2 source        text
--   $3 merchant      text
--   $4 batch         text
--   $5 currency      text
--   $6 amount_minor  bigint, what is left: negative where the first side shows less
--   $7 account       text, the bank account; null where the bank is not asked
with line as (
  select entry.file_no, entry.ordinal, source_file.name as file, entry.line, entry.type,
    coalesce(entry.reference, entry.external_id) as reference, entry.amount_minor, entry.gross_minor,
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
    and batch_total.currency = $5::text and entry.is_counted and entry.type <> 'payout'
    and -($6::bigint) in (entry.amount_minor, entry.gross_minor)
    and not exists (
      select from tieout.withdrawn_entry
      where withdrawn_entry.book_id = entry.book_id and withdrawn_entry.file_no = entry.file_no
        and withdrawn_entry.ordinal = entry.ordinal
    )
),
carried as (
  select entry_to_match.*, source_file.name as file, entry.line, statement.account_code
  from tieout.entry_to_match
  join tieout.source_file
    on source_file.book_id = entry_to_match.book_id and source_file.file_no = entry_to_match.file_no
  join tieout.entry
    on entry.book_id = entry_to_match.book_id and entry.file_no = entry_to_match.file_no
    and entry.ordinal = entry_to_match.ordinal
  join tieout.statement
    on statement.book_id = entry_to_match.book_id and statement.file_no = entry_to_match.file_no
    and statement.statement_no = entry_to_match.statement_no
  where entry_to_match.book_id = $1::bigint and entry_to_match.is_carried and entry_to_match.currency = $5::text
),
possible as (
  select 'paid-twice' as kind, 1 as place, type, reference, file, line, file_no, ordinal, null::uuid as item_id
  from line
  where is_duplicate
  union all
  select 'shown-apart', 2, 'bank', coalesce(reference, narrative), file, line, file_no, ordinal, null
  from carried
  where role = 'bank' and account_code = $7::text and amount_minor = -($6::bigint)
  union all
  select 'line-of-another-batch', 3, type, coalesce(reference, external_id), file, line, file_no, ordinal, null
  from carried
  where source = $2::text and coalesce(batch, '') <> $4::text and $6::bigint in (amount_minor, gross_minor)
  union all
  select 'not-reported', 4, open_item.kind, open_item.reference, null, null, null, null, open_item.item_id
  from tieout.account
  join tieout.open_item
    on open_item.book_id = account.book_id and open_item.account_id = account.account_id
    and open_item.amount_minor = $6::bigint
  where account.book_id = $1::bigint and account.code = 'assets:receivable:' || $2::text and account.currency = $5::text
  union all
  select 'line-of-the-batch', 5, type, reference, file, line, file_no, ordinal, null
  from line
  where not is_duplicate
),
counted as (
  select
    possible.*,
    row_number() over (partition by kind order by file_no, ordinal, item_id) as nth,
    count(*) over (partition by kind) as alike
  from possible
)
select kind, type, reference, file, line, file_no as "fileNo", ordinal, item_id as "itemId", alike
from counted
where nth <= 3
order by place, nth
