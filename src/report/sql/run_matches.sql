-- What a run tied, by rule and certificate.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with made as (
  select group_id, level, rule, certificate
  from tieout.match_group
  where book_id = $1::bigint and run_id = $2::bigint and status = 'confirmed'
),
group_count as (
  select level, rule, certificate, count(*) as groups
  from made
  group by level, rule, certificate
),
member_count as (
  select
    made.level,
    made.rule,
    made.certificate,
    count(match_member.file_no) as entries,
    count(match_member.item_id) as items
  from tieout.match_member
  join made on made.group_id = match_member.group_id
  where match_member.book_id = $1::bigint and match_member.run_id = $2::bigint and match_member.is_live
  group by made.level, made.rule, made.certificate
)
select
  group_count.level,
  group_count.rule,
  group_count.certificate,
  group_count.groups,
  coalesce(member_count.entries, 0) as entries,
  coalesce(member_count.items, 0) as items
from group_count
left join member_count
  on member_count.level = group_count.level
  and member_count.rule = group_count.rule
  and member_count.certificate = group_count.certificate
order by group_count.level, group_count.rule collate "C", group_count.certificate collate "C"
