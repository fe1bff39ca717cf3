-- What a run tied, by rule and certificate.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select match_count.level, match_count.rule, match_count.certificate, match_count.groups, match_count.entries, match_count.items
from tieout.match_count
where match_count.book_id = $1::bigint and match_count.run_id = $2::bigint
order by match_count.level, match_count.rule collate "C", match_count.certificate collate "C"
