-- Of the namings of an entry only the strongest count: money that says it is another payout is not this one.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
delete from tieout.match_candidate
using (
  select match_candidate.file_no, match_candidate.ordinal, min(match_candidate.strength) as strength
  from tieout.match_candidate
  where match_candidate.book_id = $1::bigint and match_candidate.run_id = $2::bigint
  group by match_candidate.file_no, match_candidate.ordinal
) strongest
where match_candidate.book_id = $1::bigint
  and match_candidate.run_id = $2::bigint
  and match_candidate.file_no = strongest.file_no
  and match_candidate.ordinal = strongest.ordinal
  and match_candidate.strength > strongest.strength
