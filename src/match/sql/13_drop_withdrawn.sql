-- Takes the entries that this run withdraws out of those carried over.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
delete from tieout.open_entry
using tieout.entry_withdrawal
where open_entry.book_id = $1::bigint
  and entry_withdrawal.book_id = open_entry.book_id
  and entry_withdrawal.run_id = $2::bigint
  and entry_withdrawal.file_no = open_entry.file_no
  and entry_withdrawal.ordinal = open_entry.ordinal
