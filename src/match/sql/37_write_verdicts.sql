-- Notes why entries with candidates were not tied; the first rule that saw them has the word.
--
--   $1 book_id       bigint
--   $2 rule          text
--   $3 file_nos      bigint[]
--   $4 ordinals      bigint[]
--   $5 certificates  text[]
--   $6 alternatives  bigint[]
insert into tieout.match_verdict (book_id, file_no, ordinal, rule, certificate, alternatives)
select $1::bigint, found.file_no, found.ordinal, $2::text, found.certificate, found.alternatives
from unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[])
  as found (file_no, ordinal, certificate, alternatives)
on conflict do nothing
