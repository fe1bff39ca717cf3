-- An item of the matches revoked in this run that is neither open nor tied anew.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select match_member.item_id as "itemId"
from tieout.match_group
join tieout.match_member
  on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
where match_group.book_id = $1::bigint
  and match_group.closed_in_run = $2::bigint
  and match_group.status = 'revoked'
  and match_member.item_id is not null
  and not exists (
    select from tieout.open_item
    where open_item.book_id = match_member.book_id and open_item.item_id = match_member.item_id
  )
  and not exists (
    select from tieout.match_member live
    where live.book_id = match_member.book_id and live.item_id = match_member.item_id and live.is_live
  )
limit 1
