-- Settlement lines of earlier runs that this run has tied: out of suspense, against the receivable whose items they close.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
select
  entry.file_no as "fileNo",
  source_file.sha256,
  source_file.source,
  entry.currency,
  tieout.content_id(
    source_file.source || '|' || coalesce(entry.account, '') || '|' || coalesce(entry.batch, '') || '|' || entry.currency
  ) as "batchId",
  coalesce(entry.batch, '') as batch,
  account.code as "itemCode",
  sum(entry.gross_minor)::bigint as "amountMinor",
  md5(string_agg(entry.ordinal::text, ',' order by entry.ordinal)) as lines
from tieout.match_member
join tieout.entry
  on entry.book_id = match_member.book_id and entry.file_no = match_member.file_no
  and entry.ordinal = match_member.ordinal
join tieout.matched_file on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no
join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
join tieout.statement
  on statement.book_id = entry.book_id and statement.file_no = entry.file_no
  and statement.statement_no = entry.statement_no
join tieout.account
  on account.book_id = match_member.book_id and account.account_id = match_member.item_account_id
where match_member.book_id = $1::bigint
  and match_member.run_id = $2::bigint
  and match_member.is_live
  and matched_file.run_id < $2::bigint
  and statement.kind = 'settlement-report'
group by entry.book_id, entry.file_no, source_file.sha256, source_file.source, entry.account, entry.batch, entry.currency,
  account.code
order by entry.file_no, batch, account.code
