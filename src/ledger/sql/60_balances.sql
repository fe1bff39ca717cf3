-- Adds the postings to the balance of each account, in the order of accounts so that writers never cross.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
select
  book_id,
  case when side.is_debit then debit_account_id else credit_account_id end as account_id,
  0,
  sum(case when side.is_debit then amount_minor else 0 end)::bigint,
  sum(case when side.is_debit then 0 else amount_minor end)::bigint
from tieout.posting_request
cross join (values (true), (false)) side (is_debit)
where book_id = $1::bigint and operation_id = $2::uuid
group by book_id, 2
order by book_id, 2
on conflict (book_id, account_id, slot) do update
set debits_minor = balance.debits_minor + excluded.debits_minor,
    credits_minor = balance.credits_minor + excluded.credits_minor
