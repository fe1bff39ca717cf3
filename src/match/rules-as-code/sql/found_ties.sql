-- What is tied and suggested in a book, whole: a row for each group, with its evidence and items in their order. A suggestion
-- one of whose ends is tied otherwise is none any more.
--
--   $1 book_id  bigint
with told as (
  select
    match_told.group_id, match_told.rule, match_told.certificate, match_told.alternatives, match_told.status,
    match_member.file_no, match_member.ordinal, match_member.item_id,
    case when source.role = 'processor' then entry.gross_minor else entry.amount_minor end as amount_minor, entry.currency,
    match_told.status = 'suggested' and (
      (match_member.file_no, match_member.ordinal) in (
        select live.file_no, live.ordinal from tieout.match_member live
        where live.book_id = $1::bigint and live.is_live and live.file_no is not null
      )
      or match_member.item_id in (
        select live.item_id from tieout.match_member live
        where live.book_id = $1::bigint and live.is_live and live.item_id is not null
      )
    ) as is_overtaken
  from tieout.match_told
  join tieout.match_member
    on match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
  left join tieout.entry
    on entry.book_id = match_member.book_id and entry.file_no = match_member.file_no
    and entry.ordinal = match_member.ordinal
  left join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  left join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
  where match_told.book_id = $1::bigint
    and match_told.status in ('confirmed', 'suggested')
)
select
  told.rule, told.certificate, told.alternatives, told.status, min(told.currency) as currency,
  greatest(
    coalesce(sum(told.amount_minor) filter (where told.amount_minor > 0), 0),
    coalesce(-sum(told.amount_minor) filter (where told.amount_minor < 0), 0)
  )::bigint as "amountMinor",
  coalesce(
    array_agg(told.file_no || ':' || told.ordinal order by told.file_no, told.ordinal) filter (where told.file_no is not null),
    '{}'
  ) as entries,
  coalesce(
    array_agg(told.item_id::text order by told.item_id) filter (where told.item_id is not null), '{}'
  ) as items
from told
group by told.group_id, told.rule, told.certificate, told.alternatives, told.status
having not coalesce(bool_or(told.is_overtaken), false)
order by min(told.file_no), min(told.ordinal), told.group_id
