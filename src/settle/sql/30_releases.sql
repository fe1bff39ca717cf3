-- Entries of earlier runs that this run has tied: out of suspense, against the account whose items they close.
--
-- Lines are told with their groups, so that those tied again after a revocation are released again.
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
  coalesce(account.code, 'assets:transfers:own-accounts') as "itemCode",
  sum(coalesce(tied_part.part_minor, taken_entry.gross_minor))::bigint as "amountMinor",
  md5(string_agg(
    taken_entry.ordinal || ' ' || tied_part.group_id::text, ',' order by taken_entry.ordinal, tied_part.part_minor
  )) as lines
from tieout.tied_part
-- OFFSET 0: few, and looked up one by one.
cross join lateral (
  select entry.* from tieout.taken_entry entry
  where entry.book_id = tied_part.book_id and entry.file_no = tied_part.file_no and entry.ordinal = tied_part.ordinal
  offset 0
) taken_entry
left join tieout.account
  on account.book_id = tied_part.book_id and account.account_id = tied_part.account_id
where tied_part.book_id = $1::bigint
  and tied_part.run_id = $2::bigint
  and tied_part.file_no not in (
    select matched_file.file_no from tieout.matched_file
    where matched_file.book_id = $1::bigint and matched_file.run_id = $2::bigint
  )
  and taken_entry.run_id < $2::bigint
  -- A payout was never in suspense: what ties its line is its withdrawal.
  and taken_entry.type <> 'payout'
  and taken_entry.statement_kind = $3::text
group by taken_entry.book_id, taken_entry.file_no, taken_entry.sha256, taken_entry.source, taken_entry.account,
  taken_entry.batch, taken_entry.currency, account.code
order by taken_entry.file_no, batch, "itemCode"
