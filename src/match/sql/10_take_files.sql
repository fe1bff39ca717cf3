-- Takes up every loaded file that no run has matched yet: from here on the run's input does not change.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.matched_file (book_id, file_no, run_id)
select source_file.book_id, source_file.file_no, $2::bigint
from tieout.source_file
where source_file.book_id = $1::bigint
  and source_file.state = 'loaded'
  and not exists (
    select from tieout.matched_file
    where matched_file.book_id = source_file.book_id and matched_file.file_no = source_file.file_no
  )
