-- What a run tied, by rule and certificate.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  match_told.level,
  match_told.rule,
  match_told.certificate,
  count(*) filter (where match_member.member_no = 1) as groups,
  count(match_member.file_no) as entries,
  count(match_member.item_id) as items
from tieout.match_told
join tieout.match_member
  on match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
where match_told.book_id = $1::bigint
  and match_told.run_id = $2::bigint
  and match_told.status = 'confirmed'
  and match_member.is_live
group by match_told.level, match_told.rule, match_told.certificate
order by match_told.level, match_told.rule collate "C", match_told.certificate collate "C"
