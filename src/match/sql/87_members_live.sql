-- The members of groups that an act has confirmed are live from its run on.
--
--   $1 book_id    bigint
--   $2 run_id     bigint
--   $3 group_ids  uuid[]
update tieout.match_member
set is_live = true, run_id = $2::bigint
where match_member.book_id = $1::bigint and match_member.group_id = any ($3::uuid[])
