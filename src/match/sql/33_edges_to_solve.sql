-- The edges of a rule that the lone pairs left, with what the solver must know of both ends.
--
-- Rows are interchangeable when everything that a person would tell them apart by is equal; what else is in the text of an
-- entry matters only where the entry names nothing.
--
--   $1 book_id   bigint
--   $2 run_id    bigint
--   $3 rule_no   int
--   $4 is_named  boolean
--   $5 is_exact  boolean, of a rule whose groups sum to the minor unit: a pair alone of other amounts is none
with match_edge as (
  select *,
    count(*) over (partition by file_no, ordinal) = 1 and count(*) over (partition by right_id) = 1 as is_alone
  from tieout.match_edge
  where match_edge.book_id = $1::bigint and match_edge.run_id = $2::bigint and match_edge.rule_no = $3::int
)
select
  match_edge.file_no as "fileNo",
  match_edge.ordinal,
  match_edge.right_id as "rightId",
  match_edge.right_file_no as "rightFileNo",
  match_edge.right_ordinal as "rightOrdinal",
  match_edge.left_minor as "leftMinor",
  match_edge.right_minor as "rightMinor",
  match_edge.distance,
  entry.currency,
  concat_ws('|', entry.amount_minor, coalesce(entry.booking_date, entry.value_date), source_file.source, entry.account,
    entry.reference, case when not $4::boolean then entry.narrative end, entry.type) as "leftSameness",
  case
    when match_edge.right_file_no is null
      then concat_ws('|', open_item.account_id, open_item.amount_minor, open_item.effective_date, open_item.kind, open_item.reference)
    else concat_ws('|', other.amount_minor, coalesce(other.booking_date, other.value_date), other_file.source, other.account,
      other.reference, other.narrative)
  end as "rightSameness",
  open_entry.revision,
  coalesce(other_open.revision, 0) as "rightRevision"
from match_edge
join tieout.entry
  on entry.book_id = match_edge.book_id and entry.file_no = match_edge.file_no and entry.ordinal = match_edge.ordinal
join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
join tieout.open_entry
  on open_entry.book_id = match_edge.book_id and open_entry.file_no = match_edge.file_no
  and open_entry.ordinal = match_edge.ordinal
left join tieout.open_item on open_item.book_id = match_edge.book_id and open_item.item_id = match_edge.right_id
left join tieout.entry other
  on other.book_id = match_edge.book_id and other.file_no = match_edge.right_file_no
  and other.ordinal = match_edge.right_ordinal
left join tieout.source_file other_file on other_file.book_id = other.book_id and other_file.file_no = other.file_no
left join tieout.open_entry other_open
  on other_open.book_id = other.book_id and other_open.file_no = other.file_no and other_open.ordinal = other.ordinal
where not ($5::boolean and match_edge.is_alone and abs(match_edge.left_minor) <> abs(match_edge.right_minor))
  and (
    select true
    from tieout.match_member
    where match_member.book_id = match_edge.book_id
      and match_member.file_no = match_edge.file_no
      and match_member.ordinal = match_edge.ordinal
      and match_member.is_live
    limit 1
  ) is null
order by match_edge.file_no, match_edge.ordinal, match_edge.right_id
