-- MAT_AMBIGUOUS: an open entry that could tie to several items, or shares its only item with other entries.
--
-- Lines: as many candidates as the key has lines and items. Bank entries: those that name one payout together.
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
bank_entry as (
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
ambiguous as (
  select * from line where items > 0
  union all
  select * from bank_entry
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  ambiguous.book_id,
  $2::bigint,
  tieout.content_id('MAT_AMBIGUOUS|' || ambiguous.file_no || '|' || ambiguous.ordinal),
  'MAT_AMBIGUOUS',
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
  'The entry of {amount} could tie to ' || ambiguous.items || ' open item' ||
    case when ambiguous.items = 1 then ' that other entries name too.' else 's; none is tied.' end
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
