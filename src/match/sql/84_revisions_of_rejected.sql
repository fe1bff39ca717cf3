-- The open entries of the groups that a run has rejected: the next group they are the first of has an id of its own.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
update tieout.open_entry
set revision = (
  select count(*)::int
  from tieout.match_group earlier
  where earlier.book_id = open_entry.book_id
    and earlier.group_id >= tieout.group_id(open_entry.file_no, open_entry.ordinal, 0)
    and earlier.group_id <= tieout.group_id(open_entry.file_no, open_entry.ordinal, 2147483647)
)
from tieout.match_group
join tieout.match_member
  on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
where match_group.book_id = $1::bigint
  and match_group.closed_in_run = $2::bigint
  and match_group.status = 'rejected'
  and open_entry.book_id = match_member.book_id
  and open_entry.file_no = match_member.file_no
  and open_entry.ordinal = match_member.ordinal
