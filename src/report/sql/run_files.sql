-- The files a run was given and what became of each, then those it only matched, loaded before it began.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with given as (
  select delivery_no, file_no, name, outcome
  from tieout.file_delivery
  where book_id = $1::bigint and run_id = $2::bigint
),
loaded_before as (
  select null::bigint as delivery_no, source_file.file_no, source_file.name, 'loaded' as outcome
  from tieout.matched_file
  join tieout.source_file
    on source_file.book_id = matched_file.book_id and source_file.file_no = matched_file.file_no
  where matched_file.book_id = $1::bigint
    and matched_file.run_id = $2::bigint
    and not exists (select from given where given.file_no = matched_file.file_no)
),
seen as (
  select delivery_no, file_no, name, outcome from given
  union all
  select delivery_no, file_no, name, outcome from loaded_before
)
select
  seen.name,
  seen.outcome,
  source_file.source,
  source_file.format,
  source_file.entries_read as "entriesRead",
  source_file.entries_loaded as "entriesLoaded",
  source_file.entries_duplicate as "entriesDuplicate",
  source_file.entries_rejected as "entriesRejected",
  source_file.entries_ignored as "entriesIgnored",
  source_file.reason_code as "reasonCode",
  source_file.reason_text as "reasonText"
from seen
join tieout.source_file on source_file.book_id = $1::bigint and source_file.file_no = seen.file_no
order by seen.delivery_no nulls last, seen.file_no
