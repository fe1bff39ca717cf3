-- Requests whose key was taken: by an earlier journal, or by an earlier request of the same operation.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
select request_no as "requestNo", key,
  case when is_same then 'exists' else 'exists_with_different_content' end as code
from (
  select
    posting_request.request_no,
    posting_request.key,
    journal_key.fingerprint = posting_request.fingerprint as is_same,
    journal_key.operation_id = posting_request.operation_id
      and row_number() over (
        partition by posting_request.book_id, posting_request.key_hash order by posting_request.request_no
      ) = 1 as is_created
  from tieout.posting_request
  join tieout.journal_key
    on journal_key.book_id = posting_request.book_id and journal_key.key_hash = posting_request.key_hash
  where posting_request.book_id = $1::bigint and posting_request.operation_id = $2::uuid and posting_request.seq = 1
) outcome
where not is_created
order by request_no
