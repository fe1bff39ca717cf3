-- The entries of a scratch book whose files earlier runs took up are open when the first night begins.
--
--   $1 book_id          bigint
--   $2 scratch_book_id  bigint
--   $3 since_run        bigint
insert into tieout.open_entry (book_id, file_no, ordinal, since_run)
select $2::bigint, entry.file_no, entry.ordinal, 0
from tieout.matched_file
join tieout.entry on entry.book_id = $2::bigint and entry.file_no = matched_file.file_no
where matched_file.book_id = $1::bigint
  and matched_file.run_id < $3::bigint
