-- What each booking day of this run's statements moves on the bank account, by counter account; money in is positive.
--
-- What matched closes what was in transit; what did not goes to suspense: so the books follow the statement.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    entry.book_id, entry.file_no, entry.statement_no, entry.currency, entry.amount_minor,
    coalesce(entry.booking_date, entry.value_date, statement.closing_date) as day,
    statement.account_code,
    source_file.sha256,
    source_file.source,
    coalesce(account.code, 'suspense:' || source_file.source) as counter_code
  from tieout.entry
  join tieout.matched_file
    on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no
    and matched_file.run_id = $2::bigint
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
  left join tieout.match_member
    on match_member.book_id = entry.book_id and match_member.file_no = entry.file_no
    and match_member.ordinal = entry.ordinal and match_member.is_live
  left join tieout.account
    on account.book_id = match_member.book_id and account.account_id = match_member.item_account_id
  where entry.book_id = $1::bigint and entry.is_counted and statement.kind = 'bank-statement'
)
select
  file_no as "fileNo",
  statement_no as "statementNo",
  sha256,
  source,
  account_code as "bankCode",
  currency,
  day as "effectiveDate",
  counter_code as "counterCode",
  sum(amount_minor)::bigint as "amountMinor"
from line
where amount_minor <> 0
group by book_id, file_no, statement_no, sha256, source, account_code, currency, day, counter_code, sign(amount_minor)
order by file_no, statement_no, day, counter_code, sign(amount_minor)
