-- Whether an entry of the file may be known already: its identity stands in an earlier file, or, where the source guarantees
-- ids, earlier in this one. Most files hold only what is new, and need nothing else.
--
-- A file that was kept aside and is read anew has later ones before it; then the answer is yes.
--
--   $1 book_id  bigint
--   $2 file_no  bigint
select
  exists (
    select
    from tieout.source_file
    where book_id = $1::bigint and file_no > $2::bigint and state = 'loaded'
  )
  or exists (
    select
    from tieout.entry
    where entry.book_id = $1::bigint
      and entry.file_no = $2::bigint
      -- A limit keeps the planner from joining the file with all of history.
      and (
        select true
        from tieout.entry earlier
        where earlier.book_id = entry.book_id
          and earlier.identity = entry.identity
          and (earlier.file_no, earlier.ordinal) < (entry.file_no, entry.ordinal)
          and (earlier.file_no < entry.file_no or entry.is_identity_unique)
        limit 1
      )
  ) as "mayBeKnown"
