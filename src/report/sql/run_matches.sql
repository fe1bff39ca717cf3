-- What a run tied, by rule and certificate.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  match_group.level,
  match_group.rule,
  match_group.certificate,
  count(*) filter (where match_member.member_no = 1) as groups,
  count(match_member.file_no) as entries,
  count(match_member.item_id) as items
from tieout.match_group
join tieout.match_member
  on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
where match_group.book_id = $1::bigint
  and match_group.run_id = $2::bigint
  and match_group.status = 'confirmed'
  and match_member.is_live
group by match_group.level, match_group.rule, match_group.certificate
order by match_group.level, match_group.rule collate "C", match_group.certificate collate "C"
