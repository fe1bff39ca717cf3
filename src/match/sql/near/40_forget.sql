-- Forgets the nearest candidates of what this run looks at anew, and whatever is no longer open on either side.
--
--   $1 book_id  bigint
--   $2 file_no  bigint[], entries looked at anew
--   $3 ordinal  bigint[]
--   $4 item_id  uuid[], items looked at anew
delete from tieout.match_near
where match_near.book_id = $1::bigint
  and (
    (match_near.subject = 'entry' and (match_near.file_no, match_near.ordinal) in (
      select file_no, ordinal from unnest($2::bigint[], $3::bigint[]) as anew (file_no, ordinal)
    ))
    or (match_near.subject = 'item' and match_near.item_id = any($4::uuid[]))
    or not exists (
      select from tieout.open_entry
      where open_entry.book_id = match_near.book_id and open_entry.file_no = match_near.file_no
        and open_entry.ordinal = match_near.ordinal
    )
    or not exists (
      select from tieout.open_item
      where open_item.book_id = match_near.book_id and open_item.item_id = match_near.item_id
    )
  )
