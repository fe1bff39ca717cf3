-- Takes the entries that this run has tied out of those carried over.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
delete from tieout.open_entry
where open_entry.book_id = $1::bigint
  and exists (
    select from tieout.match_member
    where match_member.book_id = open_entry.book_id
      and match_member.file_no = open_entry.file_no
      and match_member.ordinal = open_entry.ordinal
      and match_member.run_id = $2::bigint
      and match_member.is_live
  )
