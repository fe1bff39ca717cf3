-- Copies the sources and files into a scratch book that runs since one took up, or that have entries which were open then or
-- have been tied since.
--
--   $1 book_id          bigint
--   $2 scratch_book_id  bigint
--   $3 since_run        bigint
--   $4 role             text, processor or bank
with sources as (
  insert into tieout.source (book_id, source, role)
  select $2::bigint, source.source, source.role
  from tieout.source
  where source.book_id = $1::bigint and source.role = $4::text
),
wanted as (
  select matched_file.file_no from tieout.matched_file
  where matched_file.book_id = $1::bigint and matched_file.run_id >= $3::bigint
  union
  select open_entry.file_no from tieout.open_entry where open_entry.book_id = $1::bigint
  union
  select match_member.file_no from tieout.match_member
  where match_member.book_id = $1::bigint and match_member.run_id >= $3::bigint and match_member.file_no is not null
)
insert into tieout.source_file (
  book_id, file_no, sha256, name, size_bytes, source, state, received_at, entries_read, entries_loaded, entries_duplicate,
  entries_rejected, entries_ignored, diagnostics
)
select $2::bigint, source_file.file_no, source_file.sha256, source_file.name, source_file.size_bytes, source_file.source,
  source_file.state, source_file.received_at, source_file.entries_read, source_file.entries_loaded,
  source_file.entries_duplicate, source_file.entries_rejected, source_file.entries_ignored, source_file.diagnostics
from tieout.source_file
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
where source_file.book_id = $1::bigint
  and source_file.state = 'loaded'
  and source.role = $4::text
  and source_file.file_no in (select wanted.file_no from wanted)
