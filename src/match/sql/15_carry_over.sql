-- Carries over what no rule has tied yet of this run's files, so that every later rule looks at open entries only.
--
-- NOT IN, because it is hashed: the planner takes a table that the run itself fills for an empty one.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
--   $3 role     text, processor or bank
insert into tieout.open_entry (book_id, file_no, ordinal, since_run)
select entry_to_match.book_id, entry_to_match.file_no, entry_to_match.ordinal, $2::bigint
from tieout.entry_to_match
where entry_to_match.book_id = $1::bigint
  and entry_to_match.run_id = $2::bigint
  and entry_to_match.role = $3::text
  and not entry_to_match.is_carried
  and (entry_to_match.file_no, entry_to_match.ordinal) not in (
    select match_member.file_no, match_member.ordinal
    from tieout.match_member
    where match_member.book_id = $1::bigint
      and match_member.run_id = $2::bigint
      and match_member.is_live
      and match_member.file_no is not null
  )
