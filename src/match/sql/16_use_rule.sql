-- Notes that a run applies a rule, under a number.
--
--   $1 book_id     bigint
--   $2 run_id      bigint
--   $3 rule_no     int
--   $4 rule        text
--   $5 level       int
--   $6 matched_at  timestamptz
insert into tieout.match_rule_use (book_id, run_id, rule_no, rule, level, matched_at)
select $1::bigint, $2::bigint, $3::int, $4::text, $5::int, $6::timestamptz
