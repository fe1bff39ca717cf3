-- Names the groups that a rule has made.
--
--   $1 book_id     bigint
--   $2 run_id      bigint
--   $3 level       int
--   $4 rule        text
--   $5 matched_at  timestamptz
insert into tieout.match_group (book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at)
select
  match_member.book_id,
  match_member.group_id,
  $3::int,
  $4::text,
  case when match_member.alternatives = 1 then 'UNIQUE' else 'EQUIVALENT' end,
  match_member.alternatives,
  'confirmed',
  $2::bigint,
  $5::timestamptz
from tieout.match_member
where match_member.book_id = $1::bigint
  and match_member.run_id = $2::bigint
  and match_member.member_no = 1
  and match_member.rule = $4::text
