-- The proof of a run: what must be equal for it to commit. Figures of its files, and of the books as they stand.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
with given_file as (
  select distinct source_file.book_id, source_file.file_no, source_file.entries_read, source_file.entries_loaded,
    source_file.entries_duplicate, source_file.entries_rejected, source_file.entries_ignored
  from tieout.file_delivery
  join tieout.source_file
    on source_file.book_id = file_delivery.book_id and source_file.file_no = file_delivery.file_no
  where file_delivery.book_id = $1::bigint and file_delivery.run_id = $2::bigint and source_file.state = 'loaded'
),
given_entry as (
  select entry.*, statement.kind as statement_kind,
    -- As a scalar it is looked up; EXISTS reads every match the book ever made.
    (
      select true from tieout.match_member
      where match_member.book_id = entry.book_id and match_member.file_no = entry.file_no
        and match_member.ordinal = entry.ordinal and match_member.is_live
      limit 1
    ) is not null as is_tied,
    exists (
      select from tieout.open_entry
      where open_entry.book_id = entry.book_id and open_entry.file_no = entry.file_no
        and open_entry.ordinal = entry.ordinal
    ) as is_open,
    exists (
      select from tieout.entry_withdrawal
      where entry_withdrawal.book_id = entry.book_id and entry_withdrawal.file_no = entry.file_no
        and entry_withdrawal.ordinal = entry.ordinal
    ) as is_withdrawn
  from given_file
  join tieout.entry on entry.book_id = given_file.book_id and entry.file_no = given_file.file_no
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no
),
given_posting as (
  select settlement_journal.kind, settlement_journal.statement_no is not null as is_of_statement, posting.currency,
    posting.amount_minor, debit.code as debit, credit.code as credit
  from given_file
  join tieout.settlement_journal
    on settlement_journal.book_id = given_file.book_id and settlement_journal.file_no = given_file.file_no
  join tieout.posting
    on posting.book_id = settlement_journal.book_id and posting.booked_on = settlement_journal.booked_on
    and posting.journal_id = settlement_journal.journal_id
  join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
  join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
),
open_sum as materialized (
  select open_item.account_id, sum(open_item.amount_minor) as open_minor
  from tieout.open_item
  where open_item.book_id = $1::bigint
  group by open_item.account_id
),
balance as (
  select account.code, account.currency, account.is_reconcilable,
    coalesce(sum(balance.debits_minor - balance.credits_minor), 0) as balance_minor,
    coalesce(open_sum.open_minor, 0) as open_minor
  from tieout.account
  left join tieout.account_balance balance on balance.book_id = account.book_id and balance.account_id = account.account_id
  left join open_sum on open_sum.account_id = account.account_id
  where account.book_id = $1::bigint
  group by account.account_id, account.code, account.currency, account.is_reconcilable, open_sum.open_minor
),
unexplained as (
  select 'suspense:' || source_file.source as code, entry.currency, entry.gross_minor as amount_minor
  from tieout.open_entry
  join tieout.entry
    on entry.book_id = open_entry.book_id and entry.file_no = open_entry.file_no and entry.ordinal = open_entry.ordinal
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  where open_entry.book_id = $1::bigint
  union all
  select 'suspense:' || source_file.source, entry.currency,
    case when entry.type in ('payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment') then entry.gross_minor else 0 end
  from tieout.entry
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  join tieout.matched_file on matched_file.book_id = entry.book_id and matched_file.file_no = entry.file_no
  where entry.book_id = $1::bigint and entry.duplicate_of_file_no is not null and entry.is_counted
    and not exists (
      select from tieout.entry_withdrawal
      where entry_withdrawal.book_id = entry.book_id and entry_withdrawal.file_no = entry.file_no
        and entry_withdrawal.ordinal = entry.ordinal
    )
  union all
  select 'suspense:' || source_file.source, entry.currency, entry.amount_minor
  from tieout.entry_withdrawal
  join tieout.entry
    on entry.book_id = entry_withdrawal.book_id and entry.file_no = entry_withdrawal.file_no
    and entry.ordinal = entry_withdrawal.ordinal
  join tieout.statement
    on statement.book_id = entry.book_id and statement.file_no = entry.file_no
    and statement.statement_no = entry.statement_no and statement.kind = 'settlement-report'
  join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  where entry_withdrawal.book_id = $1::bigint
  union all
  select 'suspense:' || source_file.source, batch_total.currency, -batch_total.residue_minor
  from tieout.batch_total
  join tieout.source_file on source_file.book_id = batch_total.book_id and source_file.file_no = batch_total.file_no
  join tieout.matched_file on matched_file.book_id = batch_total.book_id and matched_file.file_no = batch_total.file_no
  where batch_total.book_id = $1::bigint and batch_total.residue_minor <> 0
),
equation as (
  select 1 as place, 'P1' as id, 'entries read = loaded + duplicate + rejected + ignored' as text, null::text as currency,
    coalesce(sum(entries_read), 0) as left_side,
    coalesce(sum(entries_loaded + entries_duplicate + entries_rejected + entries_ignored), 0) as right_side
  from given_file
  union all
  select 2, 'P2', 'amounts read = amounts stored + amounts rejected + amounts ignored', currency, sum(read_minor), sum(kept_minor)
  from (
    select file_total.currency, file_total.amount_minor as read_minor, file_total.ignored_minor as kept_minor
    from given_file
    join tieout.file_total on file_total.book_id = given_file.book_id and file_total.file_no = given_file.file_no
    union all
    select currency, 0, amount_minor from given_entry
    union all
    select rejection.currency, 0, rejection.amount_minor
    from given_file
    join tieout.rejection on rejection.book_id = given_file.book_id and rejection.file_no = given_file.file_no
    where rejection.currency is not null and rejection.amount_minor is not null
  ) amount
  group by currency
  union all
  select 3, 'P3', 'statements: opening + credits − debits = closing', statement.currency,
    sum(statement.opening_minor + statement.credits_minor - statement.debits_minor), sum(statement.closing_minor)
  from given_file
  join tieout.statement on statement.book_id = given_file.book_id and statement.file_no = given_file.file_no
  where statement.kind = 'bank-statement'
    and statement.account_code is not null
    and statement.opening_minor is not null
    and statement.closing_minor is not null
  group by statement.currency
  union all
  select 4, 'P4', 'batches: net of the lines = payouts + residues', batch_total.currency,
    sum(batch_total.net_minor), sum(batch_total.payout_minor + batch_total.residue_minor)
  from given_file
  join tieout.batch_total on batch_total.book_id = given_file.book_id and batch_total.file_no = given_file.file_no
  group by batch_total.currency
  union all
  select 5, 'P5', 'entries loaded = tied + open + settled within their batch + withdrawn', null,
    count(*) filter (where duplicate_of_file_no is null),
    count(*) filter (where is_tied and not is_withdrawn) + count(*) filter (where is_open)
      + count(*) filter (
        where duplicate_of_file_no is null and not is_withdrawn
          and (type in ('fee', 'reserve', 'transfer', 'payout') or gross_minor = 0)
      )
      + count(*) filter (where duplicate_of_file_no is null and is_withdrawn)
  from given_entry
  union all
  select 6, 'P6', 'bank entries that stand = movements booked on bank accounts', currency, sum(entry_minor), sum(booked_minor)
  from (
    select currency, amount_minor as entry_minor, 0 as booked_minor
    from given_entry
    where statement_kind = 'bank-statement' and is_counted and not is_withdrawn
    union all
    select given_posting.currency, 0,
      case when given_posting.debit in (select account_code from tieout.source_account where book_id = $1::bigint)
        then given_posting.amount_minor else -given_posting.amount_minor end
    from given_posting
    where given_posting.kind = 'bank' or (given_posting.kind = 'withdrawal' and given_posting.is_of_statement)
  ) movement
  group by currency
  union all
  select 7, 'P7', 'payouts reported that stand = payouts booked in transit', currency, sum(reported_minor), sum(booked_minor)
  from (
    select currency, -gross_minor as reported_minor, 0 as booked_minor
    from given_entry
    where statement_kind = 'settlement-report' and type = 'payout' and is_counted and not is_withdrawn
    union all
    select currency, 0, case when debit like 'assets:in-transit:%' then amount_minor else -amount_minor end
    from given_posting
    where kind in ('settlement', 'withdrawal') and (debit like 'assets:in-transit:%' or credit like 'assets:in-transit:%')
  ) payout
  group by currency
  union all
  select 8, 'P8', 'all accounts: debits = credits', account.currency, sum(balance.debits_minor), sum(balance.credits_minor)
  from tieout.account_balance balance
  join tieout.account on account.book_id = balance.book_id and account.account_id = balance.account_id
  where balance.book_id = $1::bigint
  group by account.currency
  union all
  select 9, 'P9 ' || code, 'balance of ' || code || ' = its open items', currency, balance_minor, open_minor
  from balance
  where is_reconcilable
  union all
  select 10, 'P10 ' || balance.code, 'balance of ' || balance.code || ' = what nothing explains', balance.currency,
    -balance.balance_minor,
    coalesce((
      select sum(unexplained.amount_minor)
      from unexplained
      where unexplained.code = balance.code and unexplained.currency = balance.currency
    ), 0)
  from balance
  where balance.code like 'suspense:%'
)
select id, text, currency, left_side::text as left, right_side::text as right, left_side = right_side as closes
from equation
order by place, id, currency
