-- The entries of the groups that a run has revoked are open again, unless something ties them anew.
--
-- The revision counts the groups that an entry was the first member of, so that the next one has an id of its own.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.open_entry (book_id, file_no, ordinal, since_run, revision)
select
  entry.book_id, entry.file_no, entry.ordinal, $2::bigint,
  (
    select count(*)::int
    from tieout.match_group earlier
    where earlier.book_id = entry.book_id
      and earlier.group_id >= tieout.group_id(entry.file_no, entry.ordinal, 0)
      and earlier.group_id <= tieout.group_id(entry.file_no, entry.ordinal, 2147483647)
  )
from (
  select distinct match_member.book_id, match_member.file_no, match_member.ordinal
  from tieout.match_group
  join tieout.match_member
    on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id
  where match_group.book_id = $1::bigint
    and match_group.closed_in_run = $2::bigint
    and match_group.status = 'revoked'
    and match_member.file_no is not null
) entry
where not exists (
  select from tieout.match_member
  where match_member.book_id = entry.book_id and match_member.file_no = entry.file_no
    and match_member.ordinal = entry.ordinal and match_member.is_live
)
on conflict (book_id, file_no, ordinal) do nothing
