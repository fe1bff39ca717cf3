-- UNM_IN_SETTLEMENT, UNM_IN_BANK, UNM_IN_BANK_OVERDUE: an open item that no evidence has closed.
--
-- Not where entries name it and none could be tied: that is told of them; nor where a match is suggested. An item on a processor's receivable is told once that processor has sent a settlement report.
--
-- NOT IN, because it is hashed: the planner takes a table that the statement itself fills for an empty one.
--
--   $1 book_id        bigint
--   $2 run_id         bigint
--   $3 business_date  date
--   $4 due_accounts   text[]  account codes, with the date of items and the day by which they were due
--   $5 due_dates      date[]
--   $6 due_on         date[]
with reported as (
  select distinct source from tieout.source_file where book_id = $1::bigint and state = 'loaded'
),
waiting as (
  select
    open_item.*,
    account.code as account_code,
    reported.source,
    account.code like 'assets:receivable:%' as is_receivable,
    settlement_batch.batch,
    settlement_batch.source as batch_source,
    due.due_on,
    due.due_on < $3::date as is_overdue
  from tieout.open_item
  join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
  left join reported on account.code = 'assets:receivable:' || reported.source
  left join tieout.settlement_journal
    on settlement_journal.book_id = open_item.book_id and settlement_journal.journal_id = open_item.journal_id
  left join tieout.settlement_batch
    on settlement_batch.book_id = open_item.book_id and settlement_batch.batch_id = settlement_journal.batch_id
  left join unnest($4::text[], $5::date[], $6::date[]) as due (account_code, effective_date, due_on)
    on due.account_code = account.code and due.effective_date = open_item.effective_date
  where open_item.book_id = $1::bigint
    and open_item.effective_date <= $3::date
    and (account.code not like 'assets:receivable:%' or reported.source is not null)
    and open_item.item_id not in (
      select exception_wanted.item_id
      from tieout.exception_wanted
      where exception_wanted.book_id = $1::bigint
        and exception_wanted.run_id = $2::bigint
        and exception_wanted.item_id is not null
    )
    and open_item.item_id not in (
      select match_member.item_id
      from tieout.exception_wanted
      join tieout.match_member
        on match_member.book_id = exception_wanted.book_id and match_member.group_id = exception_wanted.group_id
      where exception_wanted.book_id = $1::bigint
        and exception_wanted.run_id = $2::bigint
        and match_member.item_id is not null
    )
    and open_item.item_id not in (
      select match_candidate.item_id
      from tieout.match_candidate
      join tieout.open_entry
        on open_entry.book_id = match_candidate.book_id
        and open_entry.file_no = match_candidate.file_no
        and open_entry.ordinal = match_candidate.ordinal
      where match_candidate.book_id = $1::bigint and match_candidate.run_id = $2::bigint
    )
    and (account.code, coalesce(open_item.reference, ''), open_item.amount_minor) not in (
      select exception_wanted.account_code, exception_wanted.reference, exception_wanted.amount_minor
      from tieout.exception_wanted
      where exception_wanted.book_id = $1::bigint
        and exception_wanted.run_id = $2::bigint
        and exception_wanted.code = 'MAT_AMBIGUOUS'
        and exception_wanted.account_code is not null
        and exception_wanted.reference is not null
        and exception_wanted.amount_minor is not null
    )
)
insert into tieout.exception_wanted (
  book_id, run_id, exception_id, code, severity, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, text
)
select
  book_id,
  $2::bigint,
  tieout.content_id('UNMATCHED|' || item_id::text),
  case
    when is_receivable then 'UNM_IN_SETTLEMENT'
    when is_overdue then 'UNM_IN_BANK_OVERDUE'
    else 'UNM_IN_BANK'
  end,
  case
    when is_overdue and due_on < $3::date - 7 then 'high'
    when is_overdue or effective_date < $3::date - 7 then 'medium'
    when is_receivable then 'low'
    else 'info'
  end,
  coalesce(source, batch_source),
  account_code,
  currency,
  amount_minor,
  null,
  coalesce(batch, reference),
  batch,
  null,
  null,
  item_id,
  null,
  null,
  effective_date,
  case
    when is_receivable
      then 'The ledger expects a ' || kind || ' of {amount} for ' || coalesce(reference, 'no reference') ||
        ' that no settlement report shows.'
    when kind = 'payout-return'
      then 'The money of payout ' || coalesce(reference, '') || ', {amount}, is not back on the bank account yet.'
    when batch is not null
      then 'The payout of batch ' || batch || ', {amount}, has not reached the bank.'
    else 'The payout ' || coalesce(reference, '') || ' of {amount} has not reached the bank.'
  end || case when is_overdue then ' It is overdue since ' || due_on::text || '.' else '' end
from waiting
