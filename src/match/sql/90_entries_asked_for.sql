-- The entries that an act by hand names, each with what stands in its way, in the order they are named.
--
--   $1 book_id   bigint
--   $2 file_nos  bigint[]
--   $3 ordinals  bigint[]
select
  asked.file_no as "fileNo",
  asked.ordinal,
  entry.currency,
  entry.gross_minor as "amountMinor",
  source_file.source,
  source.role,
  coalesce(entry.reference, entry.external_id) as reference,
  open_entry.file_no is not null as "isOpen",
  live.group_id as "heldBy",
  (
    select count(*)::int
    from tieout.match_group earlier
    where earlier.book_id = $1::bigint
      and earlier.group_id >= tieout.group_id(asked.file_no, asked.ordinal, 0)
      and earlier.group_id <= tieout.group_id(asked.file_no, asked.ordinal, 2147483647)
  ) as revision
from unnest($2::bigint[], $3::bigint[]) with ordinality as asked (file_no, ordinal, place)
left join tieout.entry
  on entry.book_id = $1::bigint and entry.file_no = asked.file_no and entry.ordinal = asked.ordinal
left join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
left join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
left join tieout.open_entry
  on open_entry.book_id = entry.book_id and open_entry.file_no = entry.file_no and open_entry.ordinal = entry.ordinal
left join tieout.match_member live
  on live.book_id = entry.book_id and live.file_no = entry.file_no and live.ordinal = entry.ordinal and live.is_live
order by asked.place
