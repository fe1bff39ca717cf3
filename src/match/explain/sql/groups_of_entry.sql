-- The groups of an entry, the live one first: the one it is tied in, those it was the first member of before, and suggestions.
--
-- A group's id is made of its first entry, its level and how often that entry had been tied before.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
--   $3 ordinal  bigint
with named as (
  select match_member.group_id
  from tieout.match_member
  where match_member.book_id = $1::bigint and match_member.file_no = $2::bigint and match_member.ordinal = $3::bigint
    and match_member.is_live
  union
  select tieout.group_id($2::bigint, $3::bigint, level + 16 * revision)
  from generate_series(1, 15) level
  cross join generate_series(0, 31) revision
  union
  select match_member.group_id
  from tieout.match_told
  join tieout.match_member
    on match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
  where match_told.book_id = $1::bigint and match_told.status = 'suggested'
    and match_member.file_no = $2::bigint and match_member.ordinal = $3::bigint
)
select match_told.group_id as "groupId", match_told.status
from named
join tieout.match_told on match_told.book_id = $1::bigint and match_told.group_id = named.group_id
order by array_position(array['confirmed', 'suggested', 'revoked', 'rejected'], match_told.status),
  match_told.matched_at desc, match_told.group_id
