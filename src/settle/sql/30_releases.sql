-- Entries of earlier runs that this run has tied: out of suspense, against the account whose items they close.
--
--   $1 book_id         bigint
--   $2 run_id          bigint
--   $3 statement_kind  text, settlement-report or bank-statement
select
  taken_entry.file_no as "fileNo",
  taken_entry.sha256,
  taken_entry.source,
  taken_entry.currency,
  case
    when $3::text = 'settlement-report' then tieout.content_id(
      taken_entry.source || '|' || coalesce(taken_entry.account, '') || '|' || coalesce(taken_entry.batch, '') || '|' ||
      taken_entry.currency
    )
  end as "batchId",
  coalesce(taken_entry.batch, '') as batch,
  account.code as "itemCode",
  sum(taken_entry.gross_minor)::bigint as "amountMinor",
  md5(string_agg(taken_entry.ordinal::text, ',' order by taken_entry.ordinal)) as lines
from tieout.match_member
join tieout.taken_entry
  on taken_entry.book_id = match_member.book_id and taken_entry.file_no = match_member.file_no
  and taken_entry.ordinal = match_member.ordinal
join tieout.account
  on account.book_id = match_member.book_id and account.account_id = match_member.item_account_id
where match_member.book_id = $1::bigint
  and match_member.run_id = $2::bigint
  and match_member.is_live
  and taken_entry.run_id < $2::bigint
  and taken_entry.statement_kind = $3::text
group by taken_entry.book_id, taken_entry.file_no, taken_entry.sha256, taken_entry.source, taken_entry.account,
  taken_entry.batch, taken_entry.currency, account.code
order by taken_entry.file_no, batch, account.code
