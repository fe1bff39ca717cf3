-- Restatements that act: what a corrected file no longer tells is withdrawn, and what it tells otherwise is taken.
--
-- Which restatements act, and which entries go with them, is what the files say: it is decided when the file is loaded. That
-- an entry moves nothing any more holds from the run on that takes the correction up.

alter table tieout.restatement add column stands_because text default 'it was loaded before corrections were acted upon';
alter table tieout.restatement alter column stands_because drop default;
comment on column tieout.restatement.stands_because is
  'Why what was told before stands all the same; null where the restatement is acted upon.';

drop index tieout.withdrawn_entry_by_run;
alter table tieout.withdrawn_entry drop column run_id;
create index withdrawn_entry_by_restatement on tieout.withdrawn_entry (book_id, restated_by_file_no, restatement_no);
comment on table tieout.withdrawn_entry is
  'An entry that a corrected file no longer tells, or tells otherwise: it moves nothing any more. Written by ingest.';

create unlogged table tieout.corrected_line (
  book_id bigint not null,
  file_no bigint not null,
  restatement_no bigint not null,
  line_no bigint not null,
  ordinal bigint,
  of_file_no bigint,
  of_ordinal bigint,
  is_same boolean not null,
  primary key (book_id, file_no, restatement_no, line_no)
);
comment on table tieout.corrected_line is
  'The lines of a restatement beside the entries that stand; within the transaction of a load only. Written by ingest.';

create view tieout.entry_withdrawal as
select withdrawn_entry.book_id, withdrawn_entry.file_no, withdrawn_entry.ordinal, withdrawn_entry.restated_by_file_no,
       withdrawn_entry.restatement_no, matched_file.run_id
from tieout.withdrawn_entry
join tieout.matched_file
  on matched_file.book_id = withdrawn_entry.book_id and matched_file.file_no = withdrawn_entry.restated_by_file_no;
comment on view tieout.entry_withdrawal is 'Withdrawn entries whose correction a run took up, with that run.';

create or replace view tieout.taken_entry as
select entry.book_id, entry.file_no, entry.ordinal, entry.statement_no, entry.type, entry.status, entry.currency,
       entry.amount_minor, entry.gross_minor, entry.fee_commission_minor, entry.fee_markup_minor, entry.fee_scheme_minor,
       entry.fee_interchange_minor, entry.fee_other_minor, entry.is_reversal, entry.booking_date, entry.value_date,
       entry.external_id, entry.reference, entry.original_reference, entry.account, entry.batch, entry.counterparty,
       entry.narrative, entry.identity, entry.is_identity_unique, entry.details, entry.line, entry.element,
       entry.duplicate_of_file_no, entry.duplicate_of_ordinal, entry.is_counted, matched_file.run_id, source_file.source,
       source_file.sha256, statement.kind as statement_kind, statement.account_code, statement.closing_date
from tieout.matched_file
join tieout.source_file on source_file.book_id = matched_file.book_id and source_file.file_no = matched_file.file_no
join tieout.entry on entry.book_id = matched_file.book_id and entry.file_no = matched_file.file_no
join tieout.statement
  on statement.book_id = entry.book_id and statement.file_no = entry.file_no and statement.statement_no = entry.statement_no
where not exists (
  select from tieout.entry_withdrawal
  where entry_withdrawal.book_id = entry.book_id and entry_withdrawal.file_no = entry.file_no
    and entry_withdrawal.ordinal = entry.ordinal and entry_withdrawal.run_id <= matched_file.run_id
);
comment on view tieout.taken_entry is
  'Entries of the files that runs took up, each with its statement and the run that took it; not those that were corrected before they were ever booked.';

create or replace view tieout.entry_to_match as
select entry.book_id, entry.file_no, entry.ordinal, entry.statement_no, entry.type, entry.currency, entry.amount_minor,
       entry.gross_minor, entry.is_reversal, entry.booking_date, entry.value_date, entry.external_id, entry.reference,
       entry.original_reference, entry.batch, entry.narrative, source_file.source, source.role, matched_file.run_id,
       false as is_carried, entry.account as merchant, entry.counterparty, 0 as revision
from tieout.matched_file
join tieout.source_file on source_file.book_id = matched_file.book_id and source_file.file_no = matched_file.file_no
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
join tieout.entry on entry.book_id = matched_file.book_id and entry.file_no = matched_file.file_no
where entry.duplicate_of_file_no is null
  and entry.type in ('bank', 'payment', 'refund', 'chargeback', 'chargeback-reversal', 'adjustment')
  and entry.gross_minor <> 0
  and not exists (
    select from tieout.entry_withdrawal
    where entry_withdrawal.book_id = entry.book_id and entry_withdrawal.file_no = entry.file_no
      and entry_withdrawal.ordinal = entry.ordinal
  )
union all
select entry.book_id, entry.file_no, entry.ordinal, entry.statement_no, entry.type, entry.currency, entry.amount_minor,
       entry.gross_minor, entry.is_reversal, entry.booking_date, entry.value_date, entry.external_id, entry.reference,
       entry.original_reference, entry.batch, entry.narrative, source_file.source, source.role, open_entry.since_run,
       true as is_carried, entry.account, entry.counterparty, open_entry.revision
from tieout.open_entry
join tieout.source_file on source_file.book_id = open_entry.book_id and source_file.file_no = open_entry.file_no
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
join tieout.entry
  on entry.book_id = open_entry.book_id and entry.file_no = open_entry.file_no and entry.ordinal = open_entry.ordinal;

-- What a withdrawn payout had opened is closed by its withdrawal.
create or replace view tieout.item_tie as
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
  where journal_of_settle.kind in ('release', 'withdrawal')
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
  'Each part of an item in a match group, live or not, with the journal that settled it: of its batch, its bank day, its release, its withdrawal or its residual. Where the matched amounts cancel out there is no journal, and the day is the run''s.';
