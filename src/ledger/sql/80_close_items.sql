-- Closes the open items that live matches of this run hold. Their history stays in postings and match members.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
delete from tieout.open_item
using tieout.match_member
where open_item.book_id = $1::bigint
  and match_member.book_id = open_item.book_id
  and match_member.item_id = open_item.item_id
  and match_member.run_id = $2::bigint
  and match_member.is_live
