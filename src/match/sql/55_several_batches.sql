-- SET_MULTI_BATCH_CREDIT, for information: one bank entry that this run has tied to several payouts.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with grouped as (
  select match_group.book_id, match_group.group_id, match_group.rule,
    min(match_member.file_no) as file_no, min(match_member.ordinal) as ordinal,
    count(match_member.file_no) as entries, count(match_member.item_id) as items
  from tieout.match_group
  join tieout.match_member
    on match_member.book_id = match_group.book_id and match_member.group_id = match_group.group_id and match_member.is_live
  where match_group.book_id = $1::bigint
    and match_group.run_id = $2::bigint
    and match_group.level = 2
    and match_group.status = 'confirmed'
  group by match_group.book_id, match_group.group_id, match_group.rule
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text, group_id
)
select
  grouped.book_id,
  $2::bigint,
  tieout.content_id('SET_MULTI_BATCH_CREDIT|' || grouped.file_no || '|' || grouped.ordinal),
  'SET_MULTI_BATCH_CREDIT',
  'info',
  source_file.source,
  statement.account_code,
  entry.currency,
  entry.gross_minor,
  null,
  coalesce(entry.reference, entry.narrative),
  null,
  grouped.file_no,
  grouped.ordinal,
  null,
  entry.line,
  entry.element,
  coalesce(entry.value_date, entry.booking_date),
  'The entry of {amount} covers ' || grouped.items || ' payouts and is tied to them.',
  grouped.group_id
from grouped
join tieout.entry
  on entry.book_id = grouped.book_id and entry.file_no = grouped.file_no and entry.ordinal = grouped.ordinal
join tieout.source_file on source_file.book_id = grouped.book_id and source_file.file_no = grouped.file_no
join tieout.statement
  on statement.book_id = grouped.book_id and statement.file_no = grouped.file_no
  and statement.statement_no = entry.statement_no
where grouped.entries = 1 and grouped.items > 1
