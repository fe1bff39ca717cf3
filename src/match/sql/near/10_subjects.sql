-- What is open with an exception and is to be given its nearest candidates: the most severe first, then the largest.
--
--   $1 book_id   bigint
--   $2 subjects  bigint, at most so many entries and so many items
with told as (
  select
    exception_item.book_id, exception_item.file_no, exception_item.ordinal, exception_item.item_id,
    array_position(array['high', 'medium', 'low', 'info'], exception_item.severity) as urgency,
    abs(exception_item.amount_minor) as size
  from tieout.exception_item
  where exception_item.book_id = $1::bigint and exception_item.state <> 'RESOLVED'
),
open_subject as (
  select 'entry' as subject, told.file_no, told.ordinal, null::uuid as item_id, told.urgency, told.size
  from told
  join tieout.open_entry
    on open_entry.book_id = told.book_id and open_entry.file_no = told.file_no and open_entry.ordinal = told.ordinal
  union all
  select 'item', null, null, told.item_id, told.urgency, told.size
  from told
  join tieout.open_item on open_item.book_id = told.book_id and open_item.item_id = told.item_id
),
one as (
  select subject, file_no, ordinal, item_id, min(urgency) as urgency, max(size) as size
  from open_subject
  group by subject, file_no, ordinal, item_id
),
placed as (
  select
    one.*,
    row_number() over (partition by subject order by urgency, size desc nulls last, file_no, ordinal, item_id) as place
  from one
)
select subject, file_no as "fileNo", ordinal, item_id as "itemId"
from placed
where place <= $2::bigint
order by subject, place
