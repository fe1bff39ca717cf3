-- Writes the groups that the solver has found, or a person has put together. A suggestion that a person rejected is not made
-- again; one that a run took back, because something else held a member, is.
--
--   $1 book_id     bigint
--   $2 run_id      bigint
--   $3 matched_at  timestamptz
--   $4 group_ids   uuid[]
--   $5 levels      int[]
--   $6 rules       text[]
--   $7 certificates  text[]
--   $8 alternatives  bigint[]
--   $9 statuses      text[]
--   $10 residual_types     text[]
--   $11 residual_accounts  text[]
--   $12 residual_minors    bigint[]
--   $13 decided_by         text[], null of what no person has decided
--   $14 decided_because    text[]
insert into tieout.match_group (
  book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at, residual_type, residual_account,
  residual_minor, decided_by, decided_at, decided_because
)
select
  $1::bigint, group_id, level, rule, certificate, alternatives, status, $2::bigint, $3::timestamptz, residual_type,
  residual_account, residual_minor, decided_by, case when decided_by is not null then $3::timestamptz end, decided_because
from unnest(
  $4::uuid[], $5::int[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::bigint[],
  $13::text[], $14::text[]
) as found (
  group_id, level, rule, certificate, alternatives, status, residual_type, residual_account, residual_minor, decided_by,
  decided_because
)
on conflict (book_id, group_id) do update
set status = 'suggested', closed_in_run = null, decided_by = null, decided_at = null, decided_because = null,
    run_id = excluded.run_id, matched_at = excluded.matched_at
where match_group.status = 'rejected'
  and match_group.decided_by = 'tieout run'
  and excluded.status = 'suggested'
returning group_id as "groupId"
