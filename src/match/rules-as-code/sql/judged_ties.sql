-- What people have said of groups made since a run: tied or confirmed, rejected or revoked. What restatements took back
-- and what a run found overtaken is nobody's word.
--
--   $1 book_id   bigint
--   $2 run_id    bigint
--   $3 levels    int[]
select
  match_group.status = 'confirmed' as "isRight",
  coalesce(
    array_agg(match_member.file_no || ':' || match_member.ordinal order by match_member.file_no, match_member.ordinal)
      filter (where match_member.file_no is not null),
    '{}'
  ) as entries,
  coalesce(
    array_agg(match_member.item_id::text order by match_member.item_id) filter (where match_member.item_id is not null), '{}'
  ) as items
from tieout.match_group
join tieout.match_member
  on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
where match_group.book_id = $1::bigint
  and match_group.run_id >= $2::bigint
  and match_group.level = any ($3::int[])
  and match_group.decided_by is not null
  and match_group.decided_by <> 'tieout run'
  and match_group.decided_by not like 'restatement %'
group by match_group.group_id, match_group.status
having count(match_member.file_no) > 0
order by match_group.group_id
