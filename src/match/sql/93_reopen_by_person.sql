-- Exceptions that a person has resolved, of what the groups revoked in this run had tied: open to be told again.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
update tieout.exception_item
set closed_in_run = $2::bigint
from tieout.match_group
join tieout.match_member
  on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
where match_group.book_id = $1::bigint
  and match_group.closed_in_run = $2::bigint
  and match_group.status = 'revoked'
  and exception_item.book_id = match_member.book_id
  and exception_item.state = 'RESOLVED'
  and exception_item.closed_in_run is null
  and (
    exception_item.item_id = match_member.item_id
    or (exception_item.file_no = match_member.file_no and exception_item.ordinal = match_member.ordinal)
  )
