-- The history of open items, derived from what nothing changes: postings, reversals, and the journals of live matches.
--
-- open_item holds only what is open now. What was open at the end of any day, as known on any other, is the sum of an
-- item's movements up to both days; so nothing has to be kept for it, and a backdated posting rewrites nothing.

create view tieout.item_closing as
with journal_of_settle as not materialized (
  select settlement_journal.book_id, settlement_journal.kind, settlement_journal.file_no, settlement_journal.statement_no,
         settlement_journal.run_id, settlement_journal.journal_id, settlement_journal.booked_on, journal.effective_date,
         coalesce(journal.requested_date, journal.effective_date) as day,
         coalesce(settlement_batch.merchant, '') as merchant, coalesce(settlement_batch.batch, '') as batch,
         settlement_batch.currency
  from tieout.settlement_journal
  join tieout.journal
    on journal.book_id = settlement_journal.book_id and journal.booked_on = settlement_journal.booked_on
    and journal.journal_id = settlement_journal.journal_id
  left join tieout.settlement_batch
    on settlement_batch.book_id = settlement_journal.book_id and settlement_batch.batch_id = settlement_journal.batch_id
),
bank_day as (
  select distinct on (journal_of_settle.book_id, journal_of_settle.file_no, journal_of_settle.statement_no,
                      journal_of_settle.day, posting.currency)
         journal_of_settle.book_id, journal_of_settle.file_no, journal_of_settle.statement_no, journal_of_settle.day,
         posting.currency, journal_of_settle.journal_id, journal_of_settle.booked_on, journal_of_settle.effective_date
  from journal_of_settle
  join tieout.posting
    on posting.book_id = journal_of_settle.book_id and posting.booked_on = journal_of_settle.booked_on
    and posting.journal_id = journal_of_settle.journal_id and posting.seq = 1
  where journal_of_settle.kind = 'bank'
  order by journal_of_settle.book_id, journal_of_settle.file_no, journal_of_settle.statement_no, journal_of_settle.day,
           posting.currency, journal_of_settle.journal_id
),
released as (
  select distinct on (journal_of_settle.book_id, journal_of_settle.run_id, journal_of_settle.file_no,
                      journal_of_settle.merchant, journal_of_settle.batch, side.account_id)
         journal_of_settle.book_id, journal_of_settle.run_id, journal_of_settle.file_no, journal_of_settle.merchant,
         journal_of_settle.batch, side.account_id, journal_of_settle.journal_id, journal_of_settle.booked_on,
         journal_of_settle.effective_date
  from journal_of_settle
  join tieout.posting
    on posting.book_id = journal_of_settle.book_id and posting.booked_on = journal_of_settle.booked_on
    and posting.journal_id = journal_of_settle.journal_id
  cross join lateral (values (posting.debit_account_id), (posting.credit_account_id)) side (account_id)
  where journal_of_settle.kind = 'release'
  order by journal_of_settle.book_id, journal_of_settle.run_id, journal_of_settle.file_no, journal_of_settle.merchant,
           journal_of_settle.batch, side.account_id, journal_of_settle.journal_id
),
tied as (
  select match_member.book_id, match_member.item_id, match_member.item_account_id as account_id,
         match_member.item_amount_minor, match_member.run_id, match_member.file_no,
         taken_entry.statement_kind, taken_entry.statement_no, taken_entry.currency,
         taken_entry.run_id = match_member.run_id as is_of_own_run,
         case when taken_entry.statement_kind = 'settlement-report' then coalesce(taken_entry.account, '') else '' end as merchant,
         case when taken_entry.statement_kind = 'settlement-report' then coalesce(taken_entry.batch, '') else '' end as batch,
         coalesce(taken_entry.booking_date, taken_entry.value_date, taken_entry.closing_date, run.business_date) as day,
         run.business_date,
         (match_group.matched_at at time zone 'UTC')::date as matched_on
  from tieout.match_member
  left join tieout.match_group
    on match_group.book_id = match_member.book_id and match_group.group_id = match_member.group_id
  left join tieout.run on run.book_id = match_member.book_id and run.run_id = match_member.run_id
  left join tieout.taken_entry
    on taken_entry.book_id = match_member.book_id and taken_entry.file_no = match_member.file_no
    and taken_entry.ordinal = match_member.ordinal
  where match_member.is_live and match_member.item_id is not null
)
select tied.book_id, tied.item_id, tied.account_id, tied.item_amount_minor, tied.run_id,
       coalesce(settled.effective_date, bank_day.effective_date, released.effective_date, tied.business_date) as effective_date,
       coalesce(settled.booked_on, bank_day.booked_on, released.booked_on, tied.matched_on) as booked_on,
       coalesce(settled.journal_id, bank_day.journal_id, released.journal_id) as journal_id
from tied
left join journal_of_settle settled
  on settled.book_id = tied.book_id and settled.file_no = tied.file_no and settled.merchant = tied.merchant
  and settled.batch = tied.batch and settled.currency = tied.currency
  and settled.kind = 'settlement' and tied.is_of_own_run and tied.statement_kind = 'settlement-report'
left join bank_day
  on bank_day.book_id = tied.book_id and bank_day.file_no = tied.file_no and bank_day.statement_no = tied.statement_no
  and bank_day.day = tied.day and bank_day.currency = tied.currency
  and tied.is_of_own_run and tied.statement_kind = 'bank-statement'
left join released
  on released.book_id = tied.book_id and released.run_id = tied.run_id and released.file_no = tied.file_no
  and released.merchant = tied.merchant and released.batch = tied.batch and released.account_id = tied.account_id
  and not tied.is_of_own_run;
comment on view tieout.item_closing is
  'Items that live matches hold, each with the journal that settled it: of its batch, its bank day, or its release. Where the matched amounts cancel out there is no journal, and the day is the run''s.';

create view tieout.item_movement as
select posting.book_id, tieout.item_id(posting.journal_id, posting.seq, true) as item_id, posting.debit_account_id as account_id,
       posting.currency, posting.effective_date, posting.booked_on, posting.amount_minor, posting.journal_id, posting.seq,
       'opened'::text as cause
from tieout.posting
where posting.layer = 'settled' and posting.opens_debit_item
union all
select posting.book_id, tieout.item_id(posting.journal_id, posting.seq, false), posting.credit_account_id,
       posting.currency, posting.effective_date, posting.booked_on, -posting.amount_minor, posting.journal_id, posting.seq,
       'opened'
from tieout.posting
where posting.layer = 'settled' and posting.opens_credit_item
union all
select reversing.book_id, tieout.item_id(reversed.journal_id, reversed.seq, true), reversing.credit_account_id,
       reversing.currency, reversing.effective_date, reversing.booked_on, -reversing.amount_minor, reversing.journal_id,
       reversing.seq, 'reversed'
from tieout.reversal
join tieout.posting reversing
  on reversing.book_id = reversal.book_id and reversing.booked_on = reversal.booked_on
  and reversing.journal_id = reversal.journal_id and reversing.layer = 'settled' and not reversing.opens_credit_item
join tieout.posting reversed
  on reversed.book_id = reversal.book_id and reversed.booked_on = reversal.reversed_booked_on
  and reversed.journal_id = reversal.reversed_journal_id and reversed.seq = reversing.seq
  and reversed.layer = 'settled' and reversed.opens_debit_item
union all
select reversing.book_id, tieout.item_id(reversed.journal_id, reversed.seq, false), reversing.debit_account_id,
       reversing.currency, reversing.effective_date, reversing.booked_on, reversing.amount_minor, reversing.journal_id,
       reversing.seq, 'reversed'
from tieout.reversal
join tieout.posting reversing
  on reversing.book_id = reversal.book_id and reversing.booked_on = reversal.booked_on
  and reversing.journal_id = reversal.journal_id and reversing.layer = 'settled' and not reversing.opens_debit_item
join tieout.posting reversed
  on reversed.book_id = reversal.book_id and reversed.booked_on = reversal.reversed_booked_on
  and reversed.journal_id = reversal.reversed_journal_id and reversed.seq = reversing.seq
  and reversed.layer = 'settled' and reversed.opens_credit_item
union all
select item_closing.book_id, item_closing.item_id, item_closing.account_id, account.currency, item_closing.effective_date,
       item_closing.booked_on, -item_closing.item_amount_minor, item_closing.journal_id, null, 'matched'
from tieout.item_closing
join tieout.account on account.book_id = item_closing.book_id and account.account_id = item_closing.account_id;
comment on view tieout.item_movement is
  'What opened, reduced and closed each item, by effective date and booking day; debits are positive, an item is open where its movements do not sum to zero.';
