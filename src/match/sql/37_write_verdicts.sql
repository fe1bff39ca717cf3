-- Notes why entries with candidates were not tied; the first rule that saw them has the word.
--
--   $1 book_id       bigint
--   $2 run_id        bigint
--   $3 rule          text
--   $4 file_nos      bigint[]
--   $5 ordinals      bigint[]
--   $6 certificates  text[]
--   $7 alternatives  bigint[]
insert into tieout.match_verdict (book_id, run_id, file_no, ordinal, rule, certificate, alternatives)
select $1::bigint, $2::bigint, found.file_no, found.ordinal, $3::text, found.certificate, found.alternatives
from unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[])
  as found (file_no, ordinal, certificate, alternatives)
on conflict do nothing
