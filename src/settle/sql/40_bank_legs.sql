-- What each booking day of this run's statements moves on the bank account, by counter account; money in is positive.
--
-- What matched closes what was in transit, part by part where a group has several; entries that tie to each other pass
-- through own transfers; what did not tie goes to suspense: so the books follow the statement.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with line as (
  select
    taken_entry.book_id, taken_entry.file_no, taken_entry.statement_no, taken_entry.sha256, taken_entry.source,
    taken_entry.account_code, taken_entry.currency,
    coalesce(tied_part.part_minor, taken_entry.amount_minor) as amount_minor,
    coalesce(taken_entry.booking_date, taken_entry.value_date, taken_entry.closing_date) as day,
    coalesce(
      account.code,
      case when tied_part.group_id is null then 'suspense:' || taken_entry.source else 'assets:transfers:own-accounts' end
    ) as counter_code
  from tieout.taken_entry
  -- OFFSET 0: looked up entry by entry; the planner takes what this run has tied for nothing, and would compare all with all.
  left join lateral (
    select part.book_id, part.group_id, part.account_id, part.part_minor
    from tieout.tied_part part
    where part.book_id = taken_entry.book_id and part.file_no = taken_entry.file_no and part.ordinal = taken_entry.ordinal
    offset 0
  ) tied_part on true
  left join tieout.account
    on account.book_id = tied_part.book_id and account.account_id = tied_part.account_id
  where taken_entry.book_id = $1::bigint
    and taken_entry.run_id = $2::bigint
    and taken_entry.is_counted
    and taken_entry.statement_kind = 'bank-statement'
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
