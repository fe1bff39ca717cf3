-- Revokes confirmed groups; what was revoked before stays as it is.
--
--   $1 book_id     bigint
--   $2 run_id      bigint
--   $3 group_ids   uuid[]
--   $4 by          text
--   $5 because     text
--   $6 decided_at  timestamptz
update tieout.match_group
set status = 'revoked', closed_in_run = $2::bigint, decided_by = $4::text, decided_because = $5::text,
    decided_at = $6::timestamptz
where match_group.book_id = $1::bigint
  and match_group.group_id = any ($3::uuid[])
  and match_group.status = 'confirmed'
