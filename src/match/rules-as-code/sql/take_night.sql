-- Takes up the files in a scratch book that a run of the book took up, under the run's number.
--
--   $1 book_id          bigint
--   $2 scratch_book_id  bigint
--   $3 run_id           bigint
insert into tieout.matched_file (book_id, file_no, run_id)
select $2::bigint, matched_file.file_no, matched_file.run_id
from tieout.matched_file
join tieout.source_file on source_file.book_id = $2::bigint and source_file.file_no = matched_file.file_no
where matched_file.book_id = $1::bigint
  and matched_file.run_id = $3::bigint
