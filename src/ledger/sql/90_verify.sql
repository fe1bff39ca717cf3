-- The ledger's own checks: each with an id, what must be, how much was looked at, and how many breaches there are.
--
--   $1 book_id  bigint
with line as (
  select account_id, booked_on, effective_date,
    sum(signed_minor) filter (where side = 'debit') as debits,
    -sum(signed_minor) filter (where side = 'credit') as credits
  from tieout.account_line
  where book_id = $1::bigint
  group by account_id, booked_on, effective_date
),
by_account as (
  select account_id, coalesce(sum(debits), 0) as debits, coalesce(sum(credits), 0) as credits
  from line
  group by account_id
),
balance as (
  select account_id, sum(debits_minor) as debits, sum(credits_minor) as credits
  from tieout.balance
  where book_id = $1::bigint
  group by account_id
),
item as (
  select account_id, sum(amount_minor) as open_minor, count(*) as items
  from tieout.open_item
  where book_id = $1::bigint
  group by account_id
)
select 'I1' as id, 'debits equal credits in every currency' as text,
  (select count(*) from tieout.posting where book_id = $1::bigint) as checked,
  (select count(*) from (
    select account.currency
    from by_account
    join tieout.account on account.book_id = $1::bigint and account.account_id = by_account.account_id
    group by account.currency
    having sum(debits) <> sum(credits)
  ) unequal) as breaches
union all
select 'I2', 'every balance equals the sum of its postings', (select count(*) from balance),
  (select count(*) from by_account full join balance using (account_id)
   where by_account.debits is distinct from balance.debits or by_account.credits is distinct from balance.credits)
union all
select 'I3', 'every day balance equals the sum of that day''s postings',
  (select count(*) from tieout.balance_day where book_id = $1::bigint),
  (select count(*)
   from (select account_id, booked_on, effective_date, coalesce(debits, 0) as debits, coalesce(credits, 0) as credits from line) line
   full join (
     select account_id, booked_on, effective_date, debits_minor, credits_minor from tieout.balance_day where book_id = $1::bigint
   ) day using (account_id, booked_on, effective_date)
   where line.debits is distinct from day.debits_minor or line.credits is distinct from day.credits_minor)
union all
select 'I5', 'every key has its journal, every journal its key and its postings',
  (select count(*) from tieout.journal_key where book_id = $1::bigint),
  (select count(*)
   from (select booked_on, journal_id, key_hash from tieout.journal_key where book_id = $1::bigint) journal_key
   full join (
     select booked_on, journal_id, substring(sha256(convert_to(key, 'UTF8')) for 16) as key_hash
     from tieout.journal
     where book_id = $1::bigint
   ) journal using (booked_on, journal_id, key_hash)
   full join (select distinct booked_on, journal_id from tieout.posting where book_id = $1::bigint) posting
     using (booked_on, journal_id)
   where journal_key.journal_id is null or journal.journal_id is null or posting.journal_id is null)
union all
select 'I11', 'the balance of every reconcilable account equals its open items',
  (select count(*) from tieout.account where book_id = $1::bigint and is_reconcilable),
  (select count(*)
   from tieout.account
   left join balance using (account_id)
   left join item using (account_id)
   where account.book_id = $1::bigint
     and account.is_reconcilable
     and coalesce(balance.debits - balance.credits, 0) <> coalesce(item.open_minor, 0))
union all
select 'I15', 'every item a posting opened is open or closed by one live match',
  (select count(*) from tieout.posting where book_id = $1::bigint and (opens_debit_item or opens_credit_item)),
  (select count(*)
   from (
     select tieout.item_id(journal_id, seq, opens_debit_item) as item_id
     from tieout.posting
     where book_id = $1::bigint and (opens_debit_item or opens_credit_item)
   ) opened
   full join (
     select item_id, count(*) as places
     from (
       select item_id from tieout.open_item where book_id = $1::bigint
       union all
       select item_id from tieout.match_member where book_id = $1::bigint and is_live and item_id is not null
     ) place
     group by item_id
   ) held using (item_id)
   where opened.item_id is null or held.places is distinct from 1)
order by id
