-- Rejects suggestions one of whose members is not open any more: something else holds it.
--
--   $1 book_id     bigint
--   $2 run_id      bigint
--   $3 decided_at  timestamptz
update tieout.match_group
set status = 'rejected', closed_in_run = $2::bigint, decided_by = 'tieout run', decided_at = $3::timestamptz,
    decided_because = 'overtaken: a member is tied otherwise'
where match_group.book_id = $1::bigint
  and match_group.status = 'suggested'
  and exists (
    select from tieout.match_member
    where match_member.book_id = match_group.book_id
      and match_member.group_id = match_group.group_id
      and (
        (match_member.file_no is not null and not exists (
          select from tieout.open_entry
          where open_entry.book_id = match_member.book_id and open_entry.file_no = match_member.file_no
            and open_entry.ordinal = match_member.ordinal
        ))
        or (match_member.item_id is not null and not exists (
          select from tieout.open_item
          where open_item.book_id = match_member.book_id and open_item.item_id = match_member.item_id
        ))
      )
  )
