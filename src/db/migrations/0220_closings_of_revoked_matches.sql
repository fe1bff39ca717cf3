-- A group of several members closes an item in parts, each with the journal of its entry or of the residual. What closed an
-- item can also be told of a match that was revoked: its revocation remembers it for good.
--
-- The same derivation for live matches and revoked ones, because what a journal has settled stays settled: a revocation
-- is a movement of its own.

create view tieout.item_tie as
with journal_of_settle as not materialized (
  select settlement_journal.book_id, settlement_journal.kind, settlement_journal.file_no, settlement_journal.statement_no,
         settlement_journal.run_id, settlement_journal.group_id, settlement_journal.journal_id, settlement_journal.booked_on,
         journal.effective_date,
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
         coalesce(match_allocation.amount_minor, match_member.item_amount_minor) as item_amount_minor, match_member.run_id,
         case when match_allocation.group_id is null then match_member.file_no else match_allocation.file_no end as file_no,
         match_member.group_id, match_allocation.group_id is not null and match_allocation.file_no is null as is_residual,
         coalesce(match_allocation.allocation_no, 0) as part_no, match_member.is_live,
         taken_entry.statement_kind, taken_entry.statement_no, taken_entry.currency,
         taken_entry.run_id = match_member.run_id as is_of_own_run,
         case when taken_entry.statement_kind = 'settlement-report' then coalesce(taken_entry.account, '') else '' end as merchant,
         case when taken_entry.statement_kind = 'settlement-report' then coalesce(taken_entry.batch, '') else '' end as batch,
         coalesce(taken_entry.booking_date, taken_entry.value_date, taken_entry.closing_date, run.business_date) as day,
         run.business_date,
         (coalesce(match_group.matched_at, match_rule_use.matched_at) at time zone 'UTC')::date as matched_on
  from tieout.match_member
  left join tieout.match_group
    on match_group.book_id = match_member.book_id and match_group.group_id = match_member.group_id
  left join tieout.match_rule_use
    on match_rule_use.book_id = match_member.book_id and match_rule_use.run_id = match_member.run_id
    and match_rule_use.rule_no = match_member.rule_no
  left join tieout.run on run.book_id = match_member.book_id and run.run_id = match_member.run_id
  left join tieout.match_allocation
    on match_allocation.book_id = match_member.book_id and match_allocation.group_id = match_member.group_id
    and match_allocation.item_id = match_member.item_id
  left join tieout.taken_entry
    on taken_entry.book_id = match_member.book_id
    and taken_entry.file_no = coalesce(match_allocation.file_no, match_member.file_no)
    and taken_entry.ordinal = coalesce(match_allocation.ordinal, match_member.ordinal)
  where match_member.item_id is not null
)
select tied.book_id, tied.group_id, tied.item_id, tied.part_no, tied.is_live, tied.account_id, tied.item_amount_minor,
       tied.run_id,
       coalesce(
         settled.effective_date, bank_day.effective_date, released.effective_date, residual.effective_date, tied.business_date
       ) as effective_date,
       coalesce(settled.booked_on, bank_day.booked_on, released.booked_on, residual.booked_on, tied.matched_on) as booked_on,
       coalesce(settled.journal_id, bank_day.journal_id, released.journal_id, residual.journal_id) as journal_id
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
  and not tied.is_of_own_run
left join journal_of_settle residual
  on residual.book_id = tied.book_id and residual.group_id = tied.group_id and residual.run_id = tied.run_id
  and residual.kind = 'residual' and tied.is_residual;
comment on view tieout.item_tie is
  'Each part of an item in a match group, live or not, with the journal that settled it: of its batch, its bank day, its release or its residual. Where the matched amounts cancel out there is no journal, and the day is the run''s.';

create or replace view tieout.item_closing as
select item_tie.book_id, item_tie.item_id, item_tie.account_id, item_tie.item_amount_minor, item_tie.run_id,
       item_tie.effective_date, item_tie.booked_on, item_tie.journal_id
from tieout.item_tie
where item_tie.is_live;

comment on column tieout.match_group.matched_at is 'When its members became live; of a suggestion, when it was made.';

-- A journal that an act by hand posts for its group, because the group needs items of it: the parts of an item that is split,
-- or what an entry is said to have been. It is reversed when the group is revoked.
alter table tieout.settlement_journal
  drop constraint settlement_journal_kind_is_known,
  add constraint settlement_journal_kind_is_known check (
    kind in ('settlement', 'bank', 'release', 'residual', 'revocation', 'withdrawal', 'opening')
  );
