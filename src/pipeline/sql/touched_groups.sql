-- The match groups that an act by hand has decided, each with its members and residual, for the audit log.
--
--   $1 book_id    bigint
--   $2 group_ids  uuid[]
select
  match_told.group_id as "groupId",
  match_told.status,
  match_told.residual_type as "residualType",
  match_told.residual_minor::text as "residualMinor",
  (
    select coalesce(json_agg(match_member.file_no || ':' || match_member.ordinal order by match_member.member_no)
      filter (where match_member.file_no is not null), '[]')
    from tieout.match_member
    where match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
  ) as entries,
  (
    select coalesce(json_agg(match_member.item_id order by match_member.member_no)
      filter (where match_member.item_id is not null), '[]')
    from tieout.match_member
    where match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
  ) as items
from tieout.match_told
where match_told.book_id = $1::bigint and match_told.group_id = any ($2::uuid[])
order by match_told.group_id
limit 100
