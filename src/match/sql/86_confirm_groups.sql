-- Confirms suggested groups; what was confirmed before stays as it is.
--
--   $1 book_id     bigint
--   $2 group_ids   uuid[]
--   $3 by          text
--   $4 because     text
--   $5 decided_at  timestamptz
with confirmed as (
  update tieout.match_group
  set status = 'confirmed', matched_at = $5::timestamptz, decided_by = $3::text, decided_because = $4::text,
      decided_at = $5::timestamptz
  where match_group.book_id = $1::bigint
    and match_group.group_id = any ($2::uuid[])
    and match_group.status = 'suggested'
  returning group_id as "groupId"
)
select "groupId" from confirmed
