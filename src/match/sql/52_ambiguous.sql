-- MAT_AMBIGUOUS, MAT_SPLIT_INCOMPLETE, MAT_BUDGET_EXHAUSTED: an open entry that has candidates, and why none is tied.
--
-- Lines: as many candidates as the key has lines and items. Bank entries: what they name together does not sum, or can be
-- tied in several ways, or the search ended at its bound.
--
-- NOT IN, because it is hashed: the planner takes a table that the statement itself fills for an empty one.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select book_id, file_no, ordinal, account_code,
    (
      select count(*)
      from tieout.open_item
      where open_item.book_id = line_to_match.book_id
        and open_item.account_id = line_to_match.account_id
        and open_item.reference = line_to_match.reference
        and open_item.kind = line_to_match.kind
        and open_item.amount_minor = line_to_match.amount_minor
    ) as items
  from tieout.line_to_match
  where book_id = $1::bigint and is_carried
),
named as (
  select match_candidate.book_id, match_candidate.file_no, match_candidate.ordinal,
    min(account.code) as account_code, count(*) as items
  from tieout.match_candidate
  join tieout.open_item
    on open_item.book_id = match_candidate.book_id and open_item.item_id = match_candidate.item_id
  join tieout.open_entry
    on open_entry.book_id = match_candidate.book_id
    and open_entry.file_no = match_candidate.file_no
    and open_entry.ordinal = match_candidate.ordinal
  join tieout.account
    on account.book_id = match_candidate.book_id and account.account_id = match_candidate.item_account_id
  where match_candidate.book_id = $1::bigint and match_candidate.run_id = $2::bigint
  group by match_candidate.book_id, match_candidate.file_no, match_candidate.ordinal
),
verdict as (
  select match_verdict.book_id, match_verdict.file_no, match_verdict.ordinal, match_verdict.certificate,
    match_verdict.alternatives
  from tieout.match_verdict
  join tieout.open_entry
    on open_entry.book_id = match_verdict.book_id
    and open_entry.file_no = match_verdict.file_no
    and open_entry.ordinal = match_verdict.ordinal
  where match_verdict.book_id = $1::bigint
),
ambiguous as (
  select line.book_id, line.file_no, line.ordinal, line.account_code, 'MAT_AMBIGUOUS' as code,
    'The entry of {amount} could tie to ' || line.items || ' open item' ||
      case when line.items = 1 then ' that other entries name too.' else 's; none is tied.' end as text
  from line
  where line.items > 0
  union all
  select $1::bigint, coalesce(named.file_no, verdict.file_no), coalesce(named.ordinal, verdict.ordinal), named.account_code,
    case
      when verdict.certificate = 'AMBIGUOUS' then 'MAT_AMBIGUOUS'
      when verdict.certificate = 'BUDGET_EXHAUSTED' then 'MAT_BUDGET_EXHAUSTED'
      else 'MAT_SPLIT_INCOMPLETE'
    end,
    case
      when verdict.certificate = 'AMBIGUOUS'
        then 'The entry of {amount} could tie in ' || verdict.alternatives || ' ways; none is taken.'
      when verdict.certificate = 'BUDGET_EXHAUSTED'
        then 'The search for what the entry of {amount} ties to ended at its bound; whether there is an answer is not known.'
      else 'The entry of {amount} names ' || named.items || ' open item' ||
        case when named.items = 1 then ' together with other entries, and they do not sum to it.' else 's that do not sum to it.' end
    end
  from named
  full join verdict on verdict.file_no = named.file_no and verdict.ordinal = named.ordinal
  where verdict.file_no is null
    or (verdict.file_no, verdict.ordinal) not in (select line.file_no, line.ordinal from line where line.items > 0)
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  ambiguous.book_id,
  $2::bigint,
  tieout.content_id('MAT_AMBIGUOUS|' || ambiguous.file_no || '|' || ambiguous.ordinal),
  ambiguous.code,
  'medium',
  source_file.source,
  ambiguous.account_code,
  entry.currency,
  entry.gross_minor,
  null,
  coalesce(entry.reference, entry.narrative),
  entry.batch,
  ambiguous.file_no,
  ambiguous.ordinal,
  null,
  entry.line,
  entry.element,
  coalesce(entry.value_date, entry.booking_date),
  ambiguous.text
from ambiguous
join tieout.entry
  on entry.book_id = ambiguous.book_id and entry.file_no = ambiguous.file_no and entry.ordinal = ambiguous.ordinal
join tieout.source_file
  on source_file.book_id = ambiguous.book_id and source_file.file_no = ambiguous.file_no
where (ambiguous.file_no, ambiguous.ordinal) not in (
  select exception_wanted.file_no, exception_wanted.ordinal
  from tieout.exception_wanted
  where exception_wanted.book_id = $1::bigint
    and exception_wanted.run_id = $2::bigint
    and exception_wanted.ordinal is not null
)
