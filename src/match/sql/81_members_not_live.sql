-- The members of the groups that a run has revoked are live no more.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
update tieout.match_member
set is_live = false
from tieout.match_group
where match_group.book_id = $1::bigint
  and match_group.closed_in_run = $2::bigint
  and match_group.status = 'revoked'
  and match_member.book_id = match_group.book_id
  and match_member.group_id = match_group.group_id
  and match_member.is_live
