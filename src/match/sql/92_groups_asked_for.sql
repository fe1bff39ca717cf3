-- The live groups of which an act by hand names a member, a run or a file.
--
--   $1 book_id   bigint
--   $2 file_no   bigint  of one entry, with its ordinal, or of all its entries
--   $3 ordinal   bigint
--   $4 item_id   uuid
--   $5 run_id    bigint
select distinct match_member.group_id as "groupId"
from tieout.match_member
where match_member.book_id = $1::bigint
  and match_member.is_live
  and ($2::bigint is null or match_member.file_no = $2::bigint)
  and ($3::bigint is null or match_member.ordinal = $3::bigint)
  and ($4::uuid is null or match_member.item_id = $4::uuid)
  and ($5::bigint is null or match_member.run_id = $5::bigint)
order by "groupId"
