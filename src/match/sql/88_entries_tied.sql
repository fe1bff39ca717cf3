-- The entries of these groups are no longer open.
--
--   $1 book_id    bigint
--   $2 group_ids  uuid[]
delete from tieout.open_entry
using tieout.match_member
where open_entry.book_id = $1::bigint
  and match_member.book_id = open_entry.book_id
  and match_member.group_id = any ($2::uuid[])
  and match_member.file_no = open_entry.file_no
  and match_member.ordinal = open_entry.ordinal
