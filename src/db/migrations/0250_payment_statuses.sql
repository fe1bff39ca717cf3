-- What became of instructed payments (pain.002, pacs.002, pacs.004), and the payouts that were rejected or came back.
--
-- A status moves no money: it is no entry. Only those after which the money is back or never left are matched, and those
-- are few; so they have a working set of their own, and the others are never read again.

create table tieout.payment_status (
  book_id bigint not null,
  file_no bigint not null,
  status_no bigint not null,
  statement_no bigint not null,
  message text not null,
  level text not null,
  original_message_id text,
  original_message_name text,
  original_payment_information_id text,
  end_to_end_id text,
  instruction_id text,
  transaction_id text,
  uetr text,
  status text,
  reason_code text,
  reason_text text,
  amount_minor bigint,
  currency text,
  status_date date,
  original_count text,
  original_sum text,
  line bigint not null,
  element text,
  primary key (book_id, file_no, status_no),
  constraint payment_status_level_is_known check (level in ('group', 'payment-information', 'transaction')),
  constraint payment_status_amount_has_a_currency check ((amount_minor is null) = (currency is null))
);
create index payment_status_by_end_to_end_id on tieout.payment_status (book_id, end_to_end_id) where end_to_end_id is not null;
comment on table tieout.payment_status is
  'What a bank told of a payment that was instructed, or of a whole message; it moves no money. Written by ingest.';
comment on column tieout.payment_status.status is
  'As the file writes it, RTRN for a payment that came back; of a transaction that tells none, the one of the level above.';
comment on column tieout.payment_status.amount_minor is 'Of the original payment where it is told, else what came back; unsigned.';
comment on column tieout.payment_status.original_sum is
  'What the message that is reported on summed to, as the file writes it: in major units, of no currency.';

alter table tieout.source_file add column statuses bigint not null default 0;
comment on column tieout.source_file.statuses is 'How many payment statuses were told in it, all of them stored.';

create table tieout.status_tie (
  book_id bigint not null,
  file_no bigint not null,
  status_no bigint not null,
  since_run bigint not null,
  certificate text not null,
  alternatives bigint not null,
  booked_on date,
  journal_id uuid,
  seq int,
  closed_in_run bigint,
  primary key (book_id, file_no, status_no),
  constraint status_tie_certificate_is_known check (certificate in ('UNIQUE', 'AMBIGUOUS', 'INFEASIBLE')),
  constraint status_tie_names_its_payout check (
    num_nulls(booked_on, journal_id, seq) in (0, 3) and (certificate <> 'UNIQUE' or journal_id is not null)
  )
);
create index status_tie_open on tieout.status_tie (book_id, file_no, status_no) where closed_in_run is null;
comment on table tieout.status_tie is
  'A status that rejects or returns a payment, and the payout it is of; open until the payout is taken back. Written by match.';
comment on column tieout.status_tie.certificate is
  'UNIQUE, AMBIGUOUS, or INFEASIBLE: no payout has the name, or the one that has it (then it is told) is of another amount.';
comment on column tieout.status_tie.alternatives is 'How many payouts have the name that the status tells.';

-- + 0: a payout is looked for by its journal; without statistics the planner would begin with all postings of the account.
create view tieout.sent_payout as
select journal.book_id, journal.journal_id, journal.booked_on, journal.key, journal.reference, journal.payment_id,
       journal.effective_date, posting.seq, posting.currency, posting.amount_minor, account.account_id,
       account.code as account_code, tieout.item_id(posting.journal_id, posting.seq, false) as item_id,
       coalesce((
         select reversal_total.reversed_minor
         from tieout.reversal_total
         where reversal_total.book_id = posting.book_id and reversal_total.journal_id = posting.journal_id
           and reversal_total.seq = posting.seq
       ), 0) as reversed_minor
from tieout.journal
join tieout.posting
  on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on
  and posting.journal_id = journal.journal_id and posting.layer = 'settled' and posting.opens_credit_item
join tieout.account
  on account.book_id = posting.book_id and account.account_id = posting.credit_account_id + 0
  and account.code = 'liabilities:payouts-in-transit'
where journal.reverses_journal_id is null;
comment on view tieout.sent_payout is
  'Payouts to merchants: what each took off what we owe, the item it opened in transit, and how much of it was taken back.';
