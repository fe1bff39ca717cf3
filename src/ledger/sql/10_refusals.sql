-- Requests that cannot be posted: an account is unknown, not active, or an item is opened on an account that has none.
--
-- Not those whose key is taken: what was posted before its account was closed is still found. The few refused are looked
-- up apart, so that a large batch does not read every key of the book.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
with refused as materialized (
  select
    posting_request.request_no,
    posting_request.key,
    posting_request.key_hash,
    min(case
      when debit.account_id is null or credit.account_id is null then 'unknown_account'
      when debit.status = 'closed' or credit.status = 'closed' then 'account_closed'
      when debit.status = 'frozen' or credit.status = 'frozen' then 'account_frozen'
      else 'not_reconcilable'
    end) as code
  from tieout.posting_request
  left join tieout.account debit
    on debit.book_id = posting_request.book_id and debit.account_id = posting_request.debit_account_id
    and debit.currency = posting_request.currency
  left join tieout.account credit
    on credit.book_id = posting_request.book_id and credit.account_id = posting_request.credit_account_id
    and credit.currency = posting_request.currency
  where posting_request.book_id = $1::bigint
    and posting_request.operation_id = $2::uuid
    and (
      debit.account_id is null
      or credit.account_id is null
      or debit.status <> 'active'
      or credit.status <> 'active'
      or (posting_request.opens_debit_item and not debit.is_reconcilable)
      or (posting_request.opens_credit_item and not credit.is_reconcilable)
    )
  group by posting_request.request_no, posting_request.key, posting_request.key_hash
)
select request_no as "requestNo", key, code
from refused
where not exists (
  select from tieout.journal_key
  where journal_key.book_id = $1::bigint and journal_key.key_hash = refused.key_hash
)
order by request_no
