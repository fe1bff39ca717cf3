-- Withdraws the entries that the corrections in a file no longer tell, or tell otherwise.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
insert into tieout.withdrawn_entry (book_id, file_no, ordinal, restated_by_file_no, restatement_no)
select corrected_line.book_id, corrected_line.of_file_no, corrected_line.of_ordinal, corrected_line.file_no,
  corrected_line.restatement_no
from tieout.corrected_line
join tieout.restatement
  on restatement.book_id = corrected_line.book_id and restatement.file_no = corrected_line.file_no
  and restatement.restatement_no = corrected_line.restatement_no
where corrected_line.book_id = $1::bigint
  and corrected_line.file_no = $2::bigint
  and restatement.stands_because is null
  and corrected_line.of_ordinal is not null
  and not corrected_line.is_same
