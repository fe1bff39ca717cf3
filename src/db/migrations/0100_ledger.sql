-- The whole ledger: sticky outcomes, holds, reversals, limits, account states, periods, conversions, assertions, events.
--
-- Foreign keys, functions, triggers and roles follow in migrations of their own.

-- Accounts ---------------------------------------------------------------------------------------------------------

alter table tieout.account add column balance_mode text not null default 'inline';
alter table tieout.account add column slots int not null default 1;
alter table tieout.account add column floor_minor bigint;
alter table tieout.account add column ceiling_minor bigint;
alter table tieout.account drop constraint account_status_is_known;
alter table tieout.account add constraint account_status_is_known
  check (status in ('active', 'debit_frozen', 'credit_frozen', 'frozen', 'closed'));
alter table tieout.account add constraint account_balance_mode_is_known check (balance_mode in ('inline', 'slots', 'derived'));
alter table tieout.account add constraint account_slots_fit_the_mode
  check (slots between 1 and 64 and (balance_mode = 'slots') = (slots > 1));
alter table tieout.account add constraint account_limits_need_one_row
  check (balance_mode = 'inline' or (floor_minor is null and ceiling_minor is null));
alter table tieout.account add constraint account_limits_leave_room check (floor_minor <= ceiling_minor);

-- Journals ---------------------------------------------------------------------------------------------------------

alter table tieout.journal add column payment_id text;
alter table tieout.journal add column requested_date date;
alter table tieout.journal add column relates_to_period text;
alter table tieout.posting add column item_reference text;
alter table tieout.posting drop constraint posting_layer_is_known;
alter table tieout.posting add constraint posting_layer_is_known check (layer in ('settled', 'pending', 'released'));

drop index tieout.posting_by_debit_account;
drop index tieout.posting_by_credit_account;
create index posting_by_debit_account on tieout.posting (book_id, debit_account_id, effective_date);
create index posting_by_credit_account on tieout.posting (book_id, credit_account_id, effective_date);

create table tieout.journal_refusal (
  book_id bigint not null,
  key_hash bytea not null,
  key text not null,
  code text not null,
  request jsonb not null,
  refused_at timestamptz not null,
  run_id bigint,
  created_by text not null,
  primary key (book_id, key_hash)
);
comment on table tieout.journal_refusal is
  'Why the journal of a key was refused; asked again, the key is refused again. Written by ledger.';

-- Holds ------------------------------------------------------------------------------------------------------------

create table tieout.hold (
  book_id bigint not null,
  hold_id uuid not null,
  booked_on date not null,
  debit_account_id bigint not null,
  credit_account_id bigint not null,
  currency text not null,
  amount_minor bigint not null,
  posted_minor bigint not null default 0,
  voided_minor bigint not null default 0,
  expired_minor bigint not null default 0,
  remaining_minor bigint not null,
  placed_at timestamptz not null,
  expires_at timestamptz,
  primary key (book_id, hold_id),
  constraint hold_loses_nothing check (amount_minor = posted_minor + voided_minor + expired_minor + remaining_minor),
  constraint hold_parts_are_not_negative check (
    posted_minor >= 0 and voided_minor >= 0 and expired_minor >= 0 and remaining_minor >= 0
  )
);
create index hold_to_expire on tieout.hold (book_id, expires_at) where remaining_minor > 0 and expires_at is not null;
comment on table tieout.hold is
  'An amount reserved by a pending posting (hold_id is its journal): what was posted, voided and expired of it, and what remains. Written by ledger.';

create table tieout.hold_resolution (
  book_id bigint not null,
  hold_id uuid not null,
  journal_id uuid not null,
  booked_on date not null,
  action text not null,
  amount_minor bigint not null,
  primary key (book_id, hold_id, journal_id),
  constraint hold_resolution_action_is_known check (action in ('post', 'void', 'expire')),
  constraint hold_resolution_amount_is_positive check (amount_minor > 0)
);
comment on table tieout.hold_resolution is 'What a journal did with a hold: posted, voided or expired an amount of it. Written by ledger.';

-- Reversals --------------------------------------------------------------------------------------------------------

create table tieout.reversal (
  book_id bigint not null,
  reversed_journal_id uuid not null,
  reversed_booked_on date not null,
  journal_id uuid not null,
  booked_on date not null,
  primary key (book_id, reversed_journal_id, journal_id)
);
comment on table tieout.reversal is 'Which journal reverses which, in whole or in part. Written by ledger.';

create table tieout.reversal_total (
  book_id bigint not null,
  journal_id uuid not null,
  seq int not null,
  amount_minor bigint not null,
  reversed_minor bigint not null,
  primary key (book_id, journal_id, seq),
  constraint reversal_total_stays_within_the_original check (reversed_minor between 0 and amount_minor)
);
comment on table tieout.reversal_total is 'How much of a posting has been reversed so far; never more than it moved. Written by ledger.';

-- Balances ---------------------------------------------------------------------------------------------------------

alter table tieout.balance add column pending_debits_minor bigint not null default 0;
alter table tieout.balance add column pending_credits_minor bigint not null default 0;
alter table tieout.balance add column is_debit_normal boolean;
alter table tieout.balance add column floor_minor bigint;
alter table tieout.balance add column ceiling_minor bigint;
alter table tieout.balance add column booked_at timestamptz;
alter table tieout.balance add constraint balance_knows_its_side
  check (is_debit_normal is not null or (floor_minor is null and ceiling_minor is null));
alter table tieout.balance add constraint balance_keeps_its_floor check (
  floor_minor is null
  or case when is_debit_normal then debits_minor - credits_minor - pending_credits_minor
     else credits_minor - debits_minor - pending_debits_minor end >= floor_minor
);
alter table tieout.balance add constraint balance_keeps_its_ceiling check (
  ceiling_minor is null
  or case when is_debit_normal then debits_minor + pending_debits_minor - credits_minor
     else credits_minor + pending_credits_minor - debits_minor end <= ceiling_minor
);
comment on column tieout.balance.debits_minor is 'Settled debits; what is pending is beside it.';
comment on column tieout.balance.booked_at is 'Of a limited account: the instant of its last booking.';
comment on column tieout.balance.floor_minor is 'A copy of the account''s floor, so that the row itself forbids less.';

alter table tieout.balance_day add column slot int not null default 0;
alter table tieout.balance_day drop constraint balance_day_pkey;
alter table tieout.balance_day add primary key (book_id, account_id, effective_date, booked_on, slot);

create table tieout.balance_delta (
  book_id bigint not null,
  account_id bigint not null,
  operation_id uuid not null,
  effective_date date not null,
  booked_on date not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  pending_debits_minor bigint not null,
  pending_credits_minor bigint not null,
  primary key (book_id, account_id, operation_id, effective_date)
);
comment on table tieout.balance_delta is
  'Movements of accounts whose balance is derived: rows nobody waits for, folded into balance and balance_day later. Written by ledger.';

create view tieout.account_balance as
select part.book_id, part.account_id, sum(part.debits_minor)::bigint as debits_minor,
       sum(part.credits_minor)::bigint as credits_minor, sum(part.pending_debits_minor)::bigint as pending_debits_minor,
       sum(part.pending_credits_minor)::bigint as pending_credits_minor
from (
  select book_id, account_id, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor from tieout.balance
  union all
  select book_id, account_id, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor from tieout.balance_delta
) part
join tieout.book on book.book_id = part.book_id
group by part.book_id, part.account_id;
comment on view tieout.account_balance is 'The balance of each account now, whatever its mode: settled and pending sums.';

create view tieout.account_day as
select book_id, account_id, effective_date, booked_on, debits_minor, credits_minor from tieout.balance_day
union all
select book_id, account_id, effective_date, booked_on, debits_minor, credits_minor from tieout.balance_delta;
comment on view tieout.account_day is 'Settled sums by account, effective date and booking day, in parts; for balances as of one and as known at the other.';

-- Periods ----------------------------------------------------------------------------------------------------------

create table tieout.period (
  book_id bigint not null,
  starts_on date not null,
  ends_on date not null,
  name text not null,
  state text not null,
  changed_at timestamptz not null,
  changed_by text not null,
  reason text,
  primary key (book_id, starts_on),
  constraint period_name_is_unique unique (book_id, name),
  constraint period_has_days check (starts_on <= ends_on),
  constraint period_state_is_known check (state in ('open', 'soft_closed', 'locked'))
);
comment on table tieout.period is 'Accounting periods that were ever closed; days of no period are open. Written by ledger.';

create table tieout.period_balance (
  book_id bigint not null,
  starts_on date not null,
  account_id bigint not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  primary key (book_id, starts_on, account_id)
);
comment on table tieout.period_balance is
  'What each account summed to, from its first day to the end of a closed period; gone when the period is reopened. Written by ledger.';

create table tieout.balance_assertion (
  book_id bigint not null,
  account_id bigint not null,
  effective_date date not null,
  balance_minor bigint not null,
  asserted_at timestamptz not null,
  asserted_by text not null,
  reason text not null,
  primary key (book_id, account_id, effective_date)
);
comment on table tieout.balance_assertion is
  'What somebody says the balance (debits − credits) is at the end of a day, for verify to hold the books to. Written by ledger.';

-- Conversions ------------------------------------------------------------------------------------------------------

create table tieout.conversion (
  book_id bigint not null,
  journal_id uuid not null,
  booked_on date not null,
  from_currency text not null,
  from_minor bigint not null,
  to_currency text not null,
  to_minor bigint not null,
  rate numeric not null,
  rate_date date not null,
  rate_source text not null,
  primary key (book_id, journal_id),
  constraint conversion_is_between_two_currencies check (from_currency <> to_currency),
  constraint conversion_amounts_are_positive check (from_minor > 0 and to_minor > 0 and rate > 0)
);
comment on table tieout.conversion is
  'The rate of a journal that converts: to-amount in major units = from-amount in major units × rate, rounded. Written by ledger.';

-- Audit and events -------------------------------------------------------------------------------------------------

create table tieout.audit_event (
  book_id bigint not null,
  event_id uuid not null,
  happened_at timestamptz not null,
  actor text not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  reason text,
  before jsonb,
  after jsonb,
  request_id text,
  primary key (book_id, event_id)
);
create index audit_event_by_object on tieout.audit_event (book_id, object_type, object_id);
comment on table tieout.audit_event is
  'Who did what to which object and why, with its state before and after; written in the transaction of the act. Written by audit.';

create table tieout.seal_block (
  book_id bigint not null,
  block_no bigint not null,
  leaf_count bigint not null,
  posting_count bigint not null,
  sums jsonb not null,
  merkle_root bytea not null,
  previous_root bytea not null,
  sealed_at timestamptz not null,
  key_id text not null,
  signature bytea not null,
  primary key (book_id, block_no)
);
comment on table tieout.seal_block is
  'A block of sealed journals: Merkle root, the root before it, counts and sums by currency, signed. Written by audit.';

create table tieout.seal_leaf (
  book_id bigint not null,
  journal_id uuid not null,
  booked_on date not null,
  block_no bigint not null,
  leaf_no bigint not null,
  leaf_hash bytea not null,
  primary key (book_id, journal_id)
);
comment on table tieout.seal_leaf is 'Which block a journal is sealed in, and its hash there. What is not here is not sealed yet. Written by audit.';

create table tieout.outbox_event (
  book_id bigint not null,
  event_id uuid not null,
  type text not null,
  journal_id uuid not null,
  booked_on date not null,
  occurred_at timestamptz not null,
  primary key (book_id, event_id)
);
comment on table tieout.outbox_event is 'Events to tell others, written in the transaction of the journal they tell of. Written by events.';
alter table tieout.journal add column is_announced boolean not null default false;
