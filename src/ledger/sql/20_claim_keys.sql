-- Claims the key of each journal; the first request of a key wins, inside the operation and against history.
--
-- In the order of keys, so that two operations with the same ones never block each other in a ring.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
--   $3 booked_on     date
insert into tieout.journal_key (book_id, key_hash, journal_id, booked_on, fingerprint, operation_id)
select book_id, key_hash, journal_id, $3::date, fingerprint, operation_id
from tieout.posting_request
where book_id = $1::bigint and operation_id = $2::uuid and seq = 1
order by book_id, key_hash, request_no
on conflict (book_id, key_hash) do nothing
