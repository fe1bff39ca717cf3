-- Gives pairs that need no row in match_group one of their own, because something is to be said of them.
--
-- Only pairs: a group that has its row keeps it. Writing it again would end on what a row must say of its decision, before
-- its key is seen to be there.
--
--   $1 book_id    bigint
--   $2 group_ids  uuid[]
with promoted as (
  insert into tieout.match_group (
    book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at
  )
  select
    match_told.book_id, match_told.group_id, match_told.level, match_told.rule, match_told.certificate,
    match_told.alternatives, match_told.status, match_told.run_id, match_told.matched_at
  from tieout.match_told
  where match_told.book_id = $1::bigint
    and match_told.group_id = any ($2::uuid[])
    and not exists (
      select from tieout.match_group
      where match_group.book_id = match_told.book_id and match_group.group_id = match_told.group_id
    )
  on conflict (book_id, group_id) do nothing
  returning group_id
)
update tieout.match_member
set rule_no = null
from promoted
where match_member.book_id = $1::bigint and match_member.group_id = promoted.group_id
