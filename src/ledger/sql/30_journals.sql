-- Writes the journals that won their key.
--
--   $1 book_id       bigint
--   $2 operation_id  uuid
--   $3 booked_on     date
--   $4 booked_at     timestamptz
insert into tieout.journal (
  book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, description, run_id,
  reverses_journal_id, created_by, metadata
)
select
  book_id, $3::date, journal_id, key, kind, effective_date, $4::timestamptz, reference, description, run_id,
  reverses_journal_id, created_by, metadata
from tieout.posting_request
where book_id = $1::bigint and operation_id = $2::uuid and seq = 1
