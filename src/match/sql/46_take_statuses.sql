-- Takes up the statuses of this run's files that reject or return a payment; they are open until their payout is taken back.
--
-- Of a whole message or group only what tells no transactions; direct debits are none of our payouts; and what is told again,
-- in whatever file, is told once.
--
--   $1 book_id  bigint
--   $2 run_id   bigint
insert into tieout.status_tie (book_id, file_no, status_no, since_run, certificate, alternatives)
select payment_status.book_id, payment_status.file_no, payment_status.status_no, $2::bigint, 'INFEASIBLE', 0
from tieout.matched_file
join tieout.payment_status
  on payment_status.book_id = matched_file.book_id and payment_status.file_no = matched_file.file_no
  and payment_status.status in ('RJCT', 'RTRN')
where matched_file.book_id = $1::bigint
  and matched_file.run_id = $2::bigint
  and coalesce(payment_status.original_message_name, '') !~* '(pain\.008|pacs\.003)'
  and not exists (
    select from tieout.payment_status earlier
    where earlier.book_id = payment_status.book_id
      and earlier.end_to_end_id = payment_status.end_to_end_id
      and earlier.status = payment_status.status
      and earlier.original_message_id = payment_status.original_message_id
      and earlier.instruction_id is not distinct from payment_status.instruction_id
      and (earlier.file_no, earlier.status_no) < (payment_status.file_no, payment_status.status_no)
  )
  and (payment_status.level = 'transaction' or not exists (
    select from tieout.payment_status below
    where below.book_id = payment_status.book_id
      and below.file_no = payment_status.file_no
      and below.statement_no = payment_status.statement_no
      and below.level in ('transaction', case when payment_status.level = 'group' then 'payment-information' end)
      and below.original_message_id is not distinct from payment_status.original_message_id
      and (
        payment_status.level = 'group'
        or below.original_payment_information_id is not distinct from payment_status.original_payment_information_id
      )
  ))
