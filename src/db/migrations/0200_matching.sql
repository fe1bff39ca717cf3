-- Matching by rule packs: versions of rules, suggestions, groups of several members, revocation, and what is nearest.
--
-- A group tells its rule and version; its members no longer repeat them. What is of one run is found by a summary of the
-- run numbers instead of an entry for each row, because runs follow one another in the table as well.

-- Rules ------------------------------------------------------------------------------------------------------------

create table tieout.rule_pack (
  book_id bigint not null,
  pack text not null,
  version text not null,
  context text not null,
  content jsonb not null,
  first_used_at timestamptz not null,
  retired_at timestamptz,
  retired_by text,
  retired_because text,
  primary key (book_id, pack, version),
  constraint rule_pack_retirement_is_whole check (num_nulls(retired_at, retired_by, retired_because) in (0, 3))
);
comment on table tieout.rule_pack is
  'Every version of a rule pack that a run has used, by the hash of its content; retired, never deleted. Written by match.';

create table tieout.calendar_day (
  book_id bigint not null,
  calendar text not null,
  day date not null,
  business_day_no int not null,
  primary key (book_id, calendar, day)
);
comment on table tieout.calendar_day is
  'Days of a calendar with the number of the last business day up to them; their difference is an offset in business days. Written by match.';

-- Groups -----------------------------------------------------------------------------------------------------------

alter table tieout.match_group
  drop constraint match_group_certificate_is_known,
  drop constraint match_group_status_is_known,
  add column residual_type text,
  add column residual_account text,
  add column residual_minor bigint,
  add column decided_by text,
  add column decided_at timestamptz,
  add column decided_because text,
  add column closed_in_run bigint,
  add constraint match_group_certificate_is_known check (
    certificate in ('UNIQUE', 'EQUIVALENT', 'AMBIGUOUS', 'BUDGET_EXHAUSTED', 'BY_HAND')
  ),
  add constraint match_group_status_is_known check (status in ('suggested', 'confirmed', 'rejected', 'revoked')),
  add constraint match_group_confirms_only_what_is_certain check (
    status in ('suggested', 'rejected') or certificate in ('UNIQUE', 'EQUIVALENT', 'BY_HAND') or decided_by is not null
  ),
  add constraint match_group_residual_is_whole check (num_nulls(residual_type, residual_account, residual_minor) in (0, 3)),
  add constraint match_group_closing_is_told check (
    (status in ('rejected', 'revoked')) = (closed_in_run is not null)
    and (closed_in_run is null or num_nulls(decided_by, decided_at, decided_because) = 0)
  );
drop index tieout.match_group_by_run;
create index match_group_by_run on tieout.match_group using brin (book_id, run_id) with (pages_per_range = 32, autosummarize = on);
create index match_group_suggested on tieout.match_group (book_id, group_id) where status = 'suggested';
create index match_group_residual on tieout.match_group (book_id, group_id) where residual_minor is not null;
create index match_group_closed on tieout.match_group (book_id, closed_in_run) where closed_in_run is not null;
comment on column tieout.match_group.rule is 'The rule and the version of its pack: rule@version.';
comment on column tieout.match_group.residual_minor is 'What the items sum to above the entries: posted to the account of the residual.';
comment on column tieout.match_group.closed_in_run is 'The run, or the act by hand, that revoked or rejected it.';

create table tieout.match_rule_use (
  book_id bigint not null,
  run_id bigint not null,
  rule_no int not null,
  rule text not null,
  level int not null,
  matched_at timestamptz not null,
  primary key (book_id, run_id, rule_no)
);
comment on table tieout.match_rule_use is
  'The rules a run has applied, by number; a pair that is certain says no more than which. Written by match.';

alter table tieout.match_member drop column rule, drop column alternatives, add column rule_no int;
comment on column tieout.match_member.rule_no is
  'Of a pair that needs no row in match_group: the rule of the run that tied it, UNIQUE and confirmed.';
drop index tieout.match_member_by_run;
create index match_member_by_run on tieout.match_member using brin (book_id, run_id) with (pages_per_range = 32, autosummarize = on);
create index match_member_entry_not_live on tieout.match_member (book_id, file_no, ordinal) where not is_live;
create index match_member_item_not_live on tieout.match_member (book_id, item_id) where not is_live;
comment on table tieout.match_member is
  'An entry, an open item, or one of each inside a match group; live while the group is confirmed. Written by match.';

create table tieout.match_allocation (
  book_id bigint not null,
  group_id uuid not null,
  allocation_no int not null,
  file_no bigint,
  ordinal bigint,
  item_id uuid not null,
  item_account_id bigint not null,
  amount_minor bigint not null,
  primary key (book_id, group_id, allocation_no)
);
create index match_allocation_by_entry on tieout.match_allocation (book_id, file_no, ordinal);
comment on table tieout.match_allocation is
  'Of a group of several members, which part of which item each entry closes; without an entry, what the residual closes. Written by match.';

create view tieout.match_told as
select book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at, residual_type, residual_account,
       residual_minor, decided_by, decided_at, decided_because, closed_in_run
from tieout.match_group
union all
select match_member.book_id, match_member.group_id, match_rule_use.level, match_rule_use.rule, 'UNIQUE', 1, 'confirmed',
       match_member.run_id, match_rule_use.matched_at, null, null, null, null, null, null, null
from tieout.match_member
join tieout.match_rule_use
  on match_rule_use.book_id = match_member.book_id and match_rule_use.run_id = match_member.run_id
  and match_rule_use.rule_no = match_member.rule_no;
comment on view tieout.match_told is
  'Every match: groups that have a row of their own, and the pairs that need none because their rule says everything.';

create view tieout.tied_part as
select match_member.book_id, match_member.group_id, match_member.run_id,
       coalesce(match_allocation.file_no, match_member.file_no) as file_no,
       coalesce(match_allocation.ordinal, match_member.ordinal) as ordinal,
       coalesce(match_allocation.item_account_id, match_member.item_account_id) as account_id,
       match_allocation.amount_minor as part_minor
from tieout.match_member
left join tieout.match_allocation
  on match_allocation.book_id = match_member.book_id and match_allocation.group_id = match_member.group_id
  and match_allocation.file_no = match_member.file_no and match_allocation.ordinal = match_member.ordinal
where match_member.is_live and match_member.file_no is not null;
comment on view tieout.tied_part is
  'What live matches tie each entry to: the account, and of a group of several the part; no account where entries tie to each other, no part where it is the whole entry.';

-- Candidates -------------------------------------------------------------------------------------------------------

create unlogged table tieout.match_edge (
  book_id bigint not null,
  run_id bigint not null,
  rule_no int not null,
  file_no bigint not null,
  ordinal bigint not null,
  right_id uuid not null,
  right_file_no bigint,
  right_ordinal bigint,
  left_minor bigint not null,
  right_minor bigint not null,
  distance int not null,
  primary key (book_id, run_id, rule_no, file_no, ordinal, right_id)
);
comment on table tieout.match_edge is
  'Pairs of what is open that a rule allows; within a run''s transaction only. Written by match.';

create table tieout.match_verdict (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  rule text not null,
  certificate text not null,
  alternatives bigint not null,
  primary key (book_id, file_no, ordinal)
);
comment on table tieout.match_verdict is
  'Why an entry with candidates was not tied in the last run, by the first rule that saw them. Written by match.';

create table tieout.match_near (
  book_id bigint not null,
  subject text not null,
  file_no bigint not null,
  ordinal bigint not null,
  item_id uuid not null,
  rank int not null,
  rule text not null,
  run_id bigint not null,
  predicates jsonb not null,
  primary key (book_id, subject, file_no, ordinal, item_id)
);
create index match_near_by_item on tieout.match_near (book_id, item_id);
comment on table tieout.match_near is
  'For what is open, the nearest candidates with each predicate, what it allows and what was found; subject is entry or item. Written by match.';

-- Revocation and restatement ----------------------------------------------------------------------------------------

alter table tieout.open_entry add column revision int not null default 0;
comment on column tieout.open_entry.revision is 'How many groups this entry was the first member of before; part of the id of the next.';

create table tieout.withdrawn_entry (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  run_id bigint not null,
  restated_by_file_no bigint not null,
  restatement_no bigint not null,
  primary key (book_id, file_no, ordinal)
);
create index withdrawn_entry_by_run on tieout.withdrawn_entry (book_id, run_id);
comment on table tieout.withdrawn_entry is
  'An entry that a corrected file no longer tells, or tells otherwise: it moves nothing any more. Written by match.';

create table tieout.restatement_act (
  book_id bigint not null,
  file_no bigint not null,
  restatement_no bigint not null,
  restatement_id uuid not null,
  run_id bigint not null,
  revoked_groups bigint not null,
  withdrawn_entries bigint not null,
  taken_entries bigint not null,
  primary key (book_id, file_no, restatement_no)
);
comment on table tieout.restatement_act is 'What a run did about a restatement, under one id. Written by match.';

create table tieout.item_reopening (
  book_id bigint not null,
  item_id uuid not null,
  group_id uuid not null,
  account_id bigint not null,
  currency text not null,
  amount_minor bigint not null,
  closed_effective_date date not null,
  closed_booked_on date not null,
  closing_journal_id uuid,
  reopened_effective_date date not null,
  reopened_booked_on date not null,
  reopening_journal_id uuid,
  run_id bigint not null,
  part_no int not null,
  primary key (book_id, item_id, group_id, part_no)
);
comment on table tieout.item_reopening is
  'When a match that was revoked had closed an item, and when the revocation opened it again. Written by ledger.';

alter table tieout.settlement_journal
  drop constraint settlement_journal_kind_is_known,
  add column group_id uuid,
  add constraint settlement_journal_kind_is_known check (
    kind in ('settlement', 'bank', 'release', 'residual', 'revocation', 'withdrawal')
  );
create index settlement_journal_by_group on tieout.settlement_journal (book_id, group_id) where group_id is not null;

-- Exceptions and runs -----------------------------------------------------------------------------------------------

alter table tieout.exception_item add column group_id uuid;
alter table tieout.exception_wanted add column group_id uuid;
comment on column tieout.exception_item.group_id is 'The match that is suggested for it.';

alter table tieout.run
  add column kind text not null default 'run',
  add column act jsonb,
  add constraint run_kind_is_known check (kind in ('run', 'hand'));
comment on column tieout.run.kind is 'A run of the pipeline, or an act by hand that posts and proves like one; act says what.';

-- Views ------------------------------------------------------------------------------------------------------------

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

create or replace view tieout.line_to_match as
select entry_to_match.book_id, entry_to_match.file_no, entry_to_match.ordinal, entry_to_match.source, account.account_id,
       account.code as account_code,
       case when entry_to_match.type = 'payment' then 'capture' else entry_to_match.type end as kind,
       entry_to_match.currency, entry_to_match.gross_minor as amount_minor, entry_to_match.reference,
       entry_to_match.external_id, entry_to_match.batch,
       coalesce(entry_to_match.booking_date, entry_to_match.value_date) as day, entry_to_match.run_id,
       entry_to_match.is_carried, entry_to_match.merchant, entry_to_match.original_reference, entry_to_match.narrative,
       entry_to_match.counterparty, entry_to_match.revision
from tieout.entry_to_match
join tieout.account
  on account.book_id = entry_to_match.book_id
  and account.code = 'assets:receivable:' || entry_to_match.source
  and account.currency = entry_to_match.currency
where entry_to_match.role = 'processor';

-- What was closed and opened again by a revocation is a movement of its own.
create or replace view tieout.item_movement as
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
join tieout.account on account.book_id = item_closing.book_id and account.account_id = item_closing.account_id
union all
select item_reopening.book_id, item_reopening.item_id, item_reopening.account_id, item_reopening.currency,
       item_reopening.closed_effective_date, item_reopening.closed_booked_on, -item_reopening.amount_minor,
       item_reopening.closing_journal_id, null, 'matched'
from tieout.item_reopening
join tieout.book on book.book_id = item_reopening.book_id
union all
select item_reopening.book_id, item_reopening.item_id, item_reopening.account_id, item_reopening.currency,
       item_reopening.reopened_effective_date, item_reopening.reopened_booked_on, item_reopening.amount_minor,
       item_reopening.reopening_journal_id, null, 'reopened'
from tieout.item_reopening
join tieout.book on book.book_id = item_reopening.book_id;

-- Similarity of texts, for proposals -----------------------------------------------------------------------------------

create function tieout.trigrams(content text) returns text[]
language sql immutable strict parallel safe
return array(
  select distinct substr('  ' || word || ' ', place, 3)
  from regexp_split_to_table(lower(content), '[^a-z0-9]+') word
  cross join lateral generate_series(1, length(word) + 1) place
  where word <> ''
);
comment on function tieout.trigrams(text) is 'The three-letter pieces of a text''s words, as pg_trgm cuts them.';

create function tieout.similarity_of(one text, other text) returns numeric
language sql immutable strict parallel safe
return (
  select coalesce(round(
    cardinality(array(select unnest(tieout.trigrams(one)) intersect select unnest(tieout.trigrams(other))))::numeric
      / nullif(cardinality(array(select unnest(tieout.trigrams(one)) union select unnest(tieout.trigrams(other)))), 0),
    4
  ), 0)
);
comment on function tieout.similarity_of(text, text) is
  'Shared trigrams over all trigrams, 0 to 1: orders proposals, never ties by itself. An extension is not needed for it.';
