-- What the migrations make, for reading: never edited by hand and never run.
-- Written by UPDATE_GOLDEN=1 npx vitest run test/db/schema.test.ts; names are in schema tieout.

create table account (
  book_id bigint not null,
  account_id bigint not null,
  code text not null,
  currency text not null,
  name text not null,
  type text not null,
  normal_side text not null,
  is_reconcilable boolean not null,
  status text not null,
  opened_at timestamp with time zone not null,
  balance_mode text not null default 'inline'::text,
  slots integer not null default 1,
  floor_minor bigint,
  ceiling_minor bigint,
  constraint account_balance_mode_is_known CHECK ((balance_mode = ANY (ARRAY['inline'::text, 'slots'::text, 'derived'::text]))),
  constraint account_code_is_unique UNIQUE (book_id, code, currency),
  constraint account_currency_is_a_key UNIQUE (book_id, account_id, currency),
  constraint account_limits_leave_room CHECK ((floor_minor <= ceiling_minor)),
  constraint account_limits_need_one_row CHECK (((balance_mode = 'inline'::text) OR ((floor_minor IS NULL) AND (ceiling_minor IS NULL)))),
  constraint account_normal_side_is_known CHECK ((normal_side = ANY (ARRAY['debit'::text, 'credit'::text]))),
  constraint account_pkey PRIMARY KEY (book_id, account_id),
  constraint account_slots_fit_the_mode CHECK ((((slots >= 1) AND (slots <= 64)) AND ((balance_mode = 'slots'::text) = (slots > 1)))),
  constraint account_status_is_known CHECK ((status = ANY (ARRAY['active'::text, 'debit_frozen'::text, 'credit_frozen'::text, 'frozen'::text, 'closed'::text]))),
  constraint account_type_is_known CHECK ((type = ANY (ARRAY['asset'::text, 'liability'::text, 'equity'::text, 'income'::text, 'expense'::text]))),
  constraint account_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id),
  constraint account_currency_fk FOREIGN KEY (currency) REFERENCES currency(code)
);
comment on table account is 'The chart of accounts: one row for a code in a currency. Written by ledger.';

create table audit_event (
  book_id bigint not null,
  event_id uuid not null,
  happened_at timestamp with time zone not null,
  actor text not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  reason text,
  before jsonb,
  after jsonb,
  request_id text,
  constraint audit_event_pkey PRIMARY KEY (book_id, event_id),
  constraint audit_event_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id)
);
CREATE INDEX audit_event_by_object ON audit_event USING btree (book_id, object_type, object_id);
comment on table audit_event is 'Who did what to which object and why, with its state before and after; written in the transaction of the act. Written by audit.';

create table balance (
  book_id bigint not null,
  account_id bigint not null,
  slot integer not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  pending_debits_minor bigint not null default 0,
  pending_credits_minor bigint not null default 0,
  version bigint not null default 0,
  is_debit_normal boolean,
  floor_minor bigint,
  ceiling_minor bigint,
  constraint balance_keeps_its_ceiling CHECK (((ceiling_minor IS NULL) OR (
CASE
    WHEN is_debit_normal THEN ((debits_minor + pending_debits_minor) - credits_minor)
    ELSE ((credits_minor + pending_credits_minor) - debits_minor)
END <= ceiling_minor))),
  constraint balance_keeps_its_floor CHECK (((floor_minor IS NULL) OR (
CASE
    WHEN is_debit_normal THEN ((debits_minor - credits_minor) - pending_credits_minor)
    ELSE ((credits_minor - debits_minor) - pending_debits_minor)
END >= floor_minor))),
  constraint balance_knows_its_side CHECK (((is_debit_normal IS NOT NULL) OR ((floor_minor IS NULL) AND (ceiling_minor IS NULL)))),
  constraint balance_pending_is_not_negative CHECK (((pending_debits_minor >= 0) AND (pending_credits_minor >= 0))),
  constraint balance_pkey PRIMARY KEY (book_id, account_id, slot),
  constraint balance_account_fk FOREIGN KEY (book_id, account_id) REFERENCES account(book_id, account_id)
);
comment on table balance is 'Sums of postings by account, now. Written by ledger.';
comment on column balance.debits_minor is 'Settled debits; what is pending is beside it.';
comment on column balance.floor_minor is 'A copy of the account''s floor, so that the row itself forbids less.';

create table balance_assertion (
  book_id bigint not null,
  account_id bigint not null,
  effective_date date not null,
  balance_minor bigint not null,
  asserted_at timestamp with time zone not null,
  asserted_by text not null,
  reason text not null,
  constraint balance_assertion_pkey PRIMARY KEY (book_id, account_id, effective_date),
  constraint balance_assertion_account_fk FOREIGN KEY (book_id, account_id) REFERENCES account(book_id, account_id)
);
comment on table balance_assertion is 'What somebody says the balance (debits − credits) is at the end of a day, for verify to hold the books to. Written by ledger.';

create table balance_day (
  book_id bigint not null,
  account_id bigint not null,
  effective_date date not null,
  booked_on date not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  slot integer not null default 0,
  constraint balance_day_pkey PRIMARY KEY (book_id, account_id, effective_date, booked_on, slot)
);
comment on table balance_day is 'Sums of postings by account, effective date and booking day: balances as of one and as known at the other. Written by ledger.';

create table balance_delta (
  book_id bigint not null,
  account_id bigint not null,
  operation_id uuid not null,
  effective_date date not null,
  booked_on date not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  pending_debits_minor bigint not null,
  pending_credits_minor bigint not null,
  constraint balance_delta_pkey PRIMARY KEY (book_id, account_id, operation_id, effective_date)
);
comment on table balance_delta is 'Movements of accounts whose balance is derived: rows nobody waits for, folded into balance and balance_day later. Written by ledger.';

create table batch_total (
  book_id bigint not null,
  file_no bigint not null,
  merchant text not null,
  batch text not null,
  currency text not null,
  entries bigint not null,
  net_minor bigint not null,
  payout_minor bigint not null,
  residue_minor bigint not null,
  rejections bigint not null,
  lines bigint,
  constraint batch_total_pkey PRIMARY KEY (book_id, file_no, merchant, batch, currency)
);
CREATE INDEX batch_total_by_batch ON batch_total USING btree (book_id, merchant, batch);
CREATE INDEX batch_total_unbalanced ON batch_total USING btree (book_id, merchant, batch) WHERE (residue_minor <> 0);
comment on table batch_total is 'Control totals of a processor batch in a file: what its lines sum to against its payout. Written by ingest.';

create table book (
  book_id bigint not null,
  code text not null,
  base_currency text not null,
  time_zone text not null,
  opened_at timestamp with time zone not null,
  constraint book_pkey PRIMARY KEY (book_id)
);
comment on table book is 'One legal entity''s ledger: the tenant and the distribution key. Written by ledger.';

create table conversion (
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
  constraint conversion_amounts_are_positive CHECK (((from_minor > 0) AND (to_minor > 0) AND (rate > (0)::numeric))),
  constraint conversion_is_between_two_currencies CHECK ((from_currency <> to_currency)),
  constraint conversion_pkey PRIMARY KEY (book_id, journal_id),
  constraint conversion_from_currency_fk FOREIGN KEY (from_currency) REFERENCES currency(code),
  constraint conversion_to_currency_fk FOREIGN KEY (to_currency) REFERENCES currency(code)
);
comment on table conversion is 'The rate of a journal that converts: to-amount in major units = from-amount in major units × rate, rounded. Written by ledger.';

create table currency (
  code text not null,
  exponent integer not null,
  constraint currency_exponent_check CHECK (((exponent >= 0) AND (exponent <= 4))),
  constraint currency_pkey PRIMARY KEY (code)
);
comment on table currency is 'Currencies in use with their minor-unit exponent (ISO 4217). Written by db.';

create table entry (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  statement_no bigint not null,
  type text not null,
  status text not null,
  currency text not null,
  amount_minor bigint not null,
  gross_minor bigint not null,
  fee_commission_minor bigint not null,
  fee_markup_minor bigint not null,
  fee_scheme_minor bigint not null,
  fee_interchange_minor bigint not null,
  fee_other_minor bigint not null,
  is_reversal boolean not null,
  booking_date date,
  value_date date,
  external_id text,
  reference text,
  original_reference text,
  account text,
  batch text,
  counterparty text,
  narrative text,
  identity text not null,
  is_identity_unique boolean not null,
  details bigint not null,
  line bigint not null,
  element text,
  duplicate_of_file_no bigint,
  duplicate_of_ordinal bigint,
  is_counted boolean not null,
  attributes jsonb,
  constraint entry_pkey PRIMARY KEY (book_id, file_no, ordinal)
);
CREATE INDEX entry_by_external_id ON entry USING btree (book_id, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX entry_by_identity ON entry USING btree (book_id, identity, file_no, ordinal);
CREATE INDEX entry_paid_duplicate ON entry USING btree (book_id, file_no) WHERE ((duplicate_of_file_no IS NOT NULL) AND is_counted);
comment on table entry is 'One line of a statement or settlement report, in arrival order. is_counted tells whether it moves money in the books. Written by ingest.';

create table exception_item (
  book_id bigint not null,
  exception_id uuid not null,
  code text not null,
  severity text not null,
  state text not null,
  source text,
  account_code text,
  currency text,
  amount_minor bigint,
  difference_minor bigint,
  reference text,
  batch text,
  file_no bigint,
  ordinal bigint,
  item_id uuid,
  line bigint,
  element text,
  value_date date,
  opened_in_run bigint not null,
  closed_in_run bigint,
  owner text,
  text text not null,
  constraint exception_item_pkey PRIMARY KEY (book_id, exception_id),
  constraint exception_severity_is_known CHECK ((severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text]))),
  constraint exception_state_is_known CHECK ((state = ANY (ARRAY['OPEN'::text, 'ASSIGNED'::text, 'PENDING_RESOLUTION'::text, 'RESOLVED'::text])))
);
CREATE INDEX exception_item_open ON exception_item USING btree (book_id, code) WHERE (state <> 'RESOLVED'::text);
comment on table exception_item is 'Something a person must look at, with code, age, state and owner. Written by match.';

create unlogged table exception_wanted (
  book_id bigint not null,
  run_id bigint not null,
  exception_id uuid not null,
  code text not null,
  severity text not null,
  source text,
  account_code text,
  currency text,
  amount_minor bigint,
  difference_minor bigint,
  reference text,
  batch text,
  file_no bigint,
  ordinal bigint,
  item_id uuid,
  line bigint,
  element text,
  value_date date,
  text text not null,
  constraint exception_wanted_pkey PRIMARY KEY (book_id, run_id, exception_id)
);
CREATE INDEX exception_wanted_by_entry ON exception_wanted USING btree (book_id, run_id, file_no, ordinal);
CREATE INDEX exception_wanted_by_item ON exception_wanted USING btree (book_id, run_id, item_id);
comment on table exception_wanted is 'What a run finds exceptional, before it is compared with what is known. Written by match.';

create table file_counter (
  book_id bigint not null,
  last_file_no bigint not null,
  constraint file_counter_pkey PRIMARY KEY (book_id)
);
comment on table file_counter is 'The last file number of a book. Written by ingest.';

create table file_delivery (
  book_id bigint not null,
  run_id bigint not null,
  delivery_no bigint not null,
  name text not null,
  file_no bigint not null,
  outcome text not null,
  constraint file_delivery_outcome_is_known CHECK ((outcome = ANY (ARRAY['loaded'::text, 'duplicate'::text, 'rejected'::text, 'held'::text]))),
  constraint file_delivery_pkey PRIMARY KEY (book_id, run_id, delivery_no)
);
CREATE INDEX file_delivery_by_name ON file_delivery USING btree (book_id, name);
comment on table file_delivery is 'Which files a run was given and what became of each. Written by ingest.';

create table file_total (
  book_id bigint not null,
  file_no bigint not null,
  currency text not null,
  amount_minor bigint not null,
  ignored_minor bigint not null,
  loaded_minor bigint,
  duplicate_minor bigint,
  rejected_minor bigint,
  constraint file_total_is_whole CHECK ((num_nulls(loaded_minor, duplicate_minor, rejected_minor) = ANY (ARRAY[0, 3]))),
  constraint file_total_loses_nothing CHECK (((loaded_minor IS NULL) OR (amount_minor = (((loaded_minor + duplicate_minor) + rejected_minor) + ignored_minor)))),
  constraint file_total_pkey PRIMARY KEY (book_id, file_no, currency)
);
comment on table file_total is 'What the reader counted in a file, by currency: the left side of "nothing is lost". Written by ingest.';

create table hold (
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
  placed_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  constraint hold_loses_nothing CHECK ((amount_minor = (((posted_minor + voided_minor) + expired_minor) + remaining_minor))),
  constraint hold_parts_are_not_negative CHECK (((posted_minor >= 0) AND (voided_minor >= 0) AND (expired_minor >= 0) AND (remaining_minor >= 0))),
  constraint hold_pkey PRIMARY KEY (book_id, hold_id),
  constraint hold_credit_account_fk FOREIGN KEY (book_id, credit_account_id, currency) REFERENCES account(book_id, account_id, currency),
  constraint hold_debit_account_fk FOREIGN KEY (book_id, debit_account_id, currency) REFERENCES account(book_id, account_id, currency)
);
CREATE INDEX hold_to_expire ON hold USING btree (book_id, expires_at) WHERE ((remaining_minor > 0) AND (expires_at IS NOT NULL));
comment on table hold is 'An amount reserved by a pending posting (hold_id is its journal): what was posted, voided and expired of it, and what remains. Written by ledger.';

create table hold_resolution (
  book_id bigint not null,
  hold_id uuid not null,
  journal_id uuid not null,
  booked_on date not null,
  action text not null,
  amount_minor bigint not null,
  constraint hold_resolution_action_is_known CHECK ((action = ANY (ARRAY['post'::text, 'void'::text, 'expire'::text]))),
  constraint hold_resolution_amount_is_positive CHECK ((amount_minor > 0)),
  constraint hold_resolution_pkey PRIMARY KEY (book_id, hold_id, journal_id),
  constraint hold_resolution_hold_fk FOREIGN KEY (book_id, hold_id) REFERENCES hold(book_id, hold_id)
);
comment on table hold_resolution is 'What a journal did with a hold: posted, voided or expired an amount of it. Written by ledger.';

create table identity_conflict (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  statement_no bigint not null,
  of_file_no bigint not null,
  of_ordinal bigint not null,
  type text not null,
  of_type text not null,
  currency text not null,
  of_currency text not null,
  amount_minor bigint not null,
  of_amount_minor bigint not null,
  gross_minor bigint not null,
  of_gross_minor bigint not null,
  account text,
  batch text,
  external_id text,
  reference text,
  identity text not null,
  line bigint not null,
  element text,
  record jsonb not null,
  constraint identity_conflict_pkey PRIMARY KEY (book_id, file_no, ordinal)
);
comment on table identity_conflict is 'A rejected line: its id is known with another amount, currency or type. Beside the entry it contradicts. Written by ingest.';

create table journal (
  book_id bigint not null,
  booked_on date not null,
  journal_id uuid not null,
  key text not null,
  kind text not null,
  effective_date date not null,
  booked_at timestamp with time zone not null,
  reference text,
  description text not null,
  run_id bigint,
  reverses_journal_id uuid,
  created_by text not null,
  metadata jsonb,
  payment_id text,
  requested_date date,
  relates_to_period text,
  is_announced boolean not null default false,
  constraint journal_pkey PRIMARY KEY (book_id, booked_on, journal_id)
);
CREATE INDEX journal_by_reference ON journal USING btree (book_id, reference) WHERE (reference IS NOT NULL);
CREATE INDEX journal_by_run ON journal USING btree (book_id, run_id) WHERE (run_id IS NOT NULL);
comment on table journal is 'One immutable, balanced event. Written by ledger.';

create table journal_key (
  book_id bigint not null,
  key_hash bytea not null,
  journal_id uuid not null,
  booked_on date not null,
  fingerprint bytea not null,
  operation_id uuid not null,
  constraint journal_key_pkey PRIMARY KEY (book_id, key_hash)
);
comment on table journal_key is 'Exactly-once: a journal''s key with the fingerprint of its business fields; never expires. Written by ledger.';

create table journal_refusal (
  book_id bigint not null,
  key_hash bytea not null,
  key text not null,
  code text not null,
  request jsonb not null,
  refused_at timestamp with time zone not null,
  run_id bigint,
  created_by text not null,
  constraint journal_refusal_pkey PRIMARY KEY (book_id, key_hash)
);
comment on table journal_refusal is 'Why the journal of a key was refused; asked again, the key is refused again. Written by ledger.';

create unlogged table match_candidate (
  book_id bigint not null,
  run_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  item_id uuid not null,
  item_account_id bigint not null,
  entry_amount_minor bigint not null,
  item_amount_minor bigint not null,
  strength integer not null,
  constraint match_candidate_pkey PRIMARY KEY (book_id, run_id, file_no, ordinal, item_id)
);
comment on table match_candidate is 'Bank entries that name an item''s reference, whatever their amounts; within a run''s transaction only. Written by match.';

create table match_group (
  book_id bigint not null,
  group_id uuid not null,
  level integer not null,
  rule text not null,
  certificate text not null,
  alternatives bigint not null,
  status text not null,
  run_id bigint not null,
  matched_at timestamp with time zone not null,
  constraint match_group_certificate_is_known CHECK ((certificate = ANY (ARRAY['UNIQUE'::text, 'EQUIVALENT'::text]))),
  constraint match_group_pkey PRIMARY KEY (book_id, group_id),
  constraint match_group_status_is_known CHECK ((status = ANY (ARRAY['confirmed'::text, 'revoked'::text])))
);
CREATE INDEX match_group_by_run ON match_group USING btree (book_id, run_id);
comment on table match_group is 'Entries and open items tied together by one rule, with its certificate. Written by match.';

create table match_member (
  book_id bigint not null,
  group_id uuid not null,
  member_no integer not null,
  run_id bigint not null,
  rule text not null,
  file_no bigint,
  ordinal bigint,
  item_id uuid,
  item_account_id bigint,
  item_amount_minor bigint,
  alternatives bigint not null,
  is_live boolean not null,
  constraint match_member_has_a_side CHECK (((file_no IS NOT NULL) OR (item_id IS NOT NULL))),
  constraint match_member_pkey PRIMARY KEY (book_id, group_id, member_no)
);
CREATE INDEX match_member_by_run ON match_member USING btree (book_id, run_id);
CREATE UNIQUE INDEX match_member_entry_is_tied_once ON match_member USING btree (book_id, file_no, ordinal) WHERE is_live;
CREATE UNIQUE INDEX match_member_item_is_tied_once ON match_member USING btree (book_id, item_id) WHERE is_live;
comment on table match_member is 'An entry, an open item, or one of each inside a match group. Written by match.';

create table matched_file (
  book_id bigint not null,
  file_no bigint not null,
  run_id bigint not null,
  constraint matched_file_pkey PRIMARY KEY (book_id, file_no)
);
CREATE INDEX matched_file_by_run ON matched_file USING btree (book_id, run_id);
comment on table matched_file is 'Which run took a loaded file up for matching. Written by match.';

create table open_entry (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  since_run bigint not null,
  constraint open_entry_pkey PRIMARY KEY (book_id, file_no, ordinal)
);
comment on table open_entry is 'A working set: entries of earlier runs that nothing ties yet. Written by match.';

create table open_item (
  book_id bigint not null,
  item_id uuid not null,
  account_id bigint not null,
  currency text not null,
  amount_minor bigint not null,
  kind text not null,
  reference text,
  payment_id text,
  effective_date date not null,
  booked_on date not null,
  journal_id uuid not null,
  run_id bigint,
  constraint open_item_amount_is_not_zero CHECK ((amount_minor <> 0)),
  constraint open_item_pkey PRIMARY KEY (book_id, item_id)
);
CREATE INDEX open_item_by_payment ON open_item USING btree (book_id, account_id, payment_id) WHERE (payment_id IS NOT NULL);
CREATE INDEX open_item_by_reference ON open_item USING btree (book_id, account_id, reference);
comment on table open_item is 'A working set: the side of a posting on a reconcilable account that no live match has closed; debits are positive. Written by ledger.';

create table outbox_event (
  book_id bigint not null,
  event_id uuid not null,
  type text not null,
  journal_id uuid not null,
  booked_on date not null,
  occurred_at timestamp with time zone not null,
  constraint outbox_event_pkey PRIMARY KEY (book_id, event_id)
);
comment on table outbox_event is 'Events to tell others, written in the transaction of the journal they tell of. Written by events.';

create table period (
  book_id bigint not null,
  starts_on date not null,
  ends_on date not null,
  name text not null,
  state text not null,
  changed_at timestamp with time zone not null,
  changed_by text not null,
  reason text,
  constraint period_has_days CHECK ((starts_on <= ends_on)),
  constraint period_name_is_unique UNIQUE (book_id, name),
  constraint period_pkey PRIMARY KEY (book_id, starts_on),
  constraint period_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'soft_closed'::text, 'locked'::text]))),
  constraint period_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id)
);
comment on table period is 'Accounting periods that were ever closed; days of no period are open. Written by ledger.';

create table period_balance (
  book_id bigint not null,
  starts_on date not null,
  account_id bigint not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  constraint period_balance_pkey PRIMARY KEY (book_id, starts_on, account_id),
  constraint period_balance_account_fk FOREIGN KEY (book_id, account_id) REFERENCES account(book_id, account_id),
  constraint period_balance_period_fk FOREIGN KEY (book_id, starts_on) REFERENCES period(book_id, starts_on)
);
comment on table period_balance is 'What each account summed to, from its first day to the end of a closed period; gone when the period is reopened. Written by ledger.';

create table posting (
  book_id bigint not null,
  booked_on date not null,
  journal_id uuid not null,
  seq integer not null,
  layer text not null,
  debit_account_id bigint not null,
  credit_account_id bigint not null,
  currency text not null,
  amount_minor bigint not null,
  effective_date date not null,
  opens_debit_item boolean not null,
  opens_credit_item boolean not null,
  item_reference text,
  constraint posting_amount_is_positive CHECK ((amount_minor > 0)),
  constraint posting_layer_is_known CHECK ((layer = ANY (ARRAY['settled'::text, 'pending'::text, 'released'::text]))),
  constraint posting_moves_between_two_accounts CHECK ((debit_account_id <> credit_account_id)),
  constraint posting_pkey PRIMARY KEY (book_id, booked_on, journal_id, seq),
  constraint posting_seq_fits_an_item_id CHECK (((seq >= 1) AND (seq <= 32767))),
  constraint posting_credit_account_fk FOREIGN KEY (book_id, credit_account_id, currency) REFERENCES account(book_id, account_id, currency),
  constraint posting_debit_account_fk FOREIGN KEY (book_id, debit_account_id, currency) REFERENCES account(book_id, account_id, currency)
);
CREATE INDEX posting_by_credit_account ON posting USING btree (book_id, credit_account_id, effective_date);
CREATE INDEX posting_by_debit_account ON posting USING btree (book_id, debit_account_id, effective_date);
comment on table posting is 'One movement: an amount from a credited to a debited account in one row, so an unbalanced journal cannot be written. Written by ledger.';

create unlogged table posting_request (
  book_id bigint not null,
  operation_id uuid not null,
  request_no bigint not null,
  seq integer not null,
  key text not null,
  key_hash bytea not null,
  journal_id uuid not null,
  fingerprint bytea not null,
  kind text not null,
  effective_date date not null,
  reference text,
  payment_id text,
  description text not null,
  run_id bigint,
  reverses_journal_id uuid,
  created_by text not null,
  metadata jsonb,
  debit_account_id bigint not null,
  credit_account_id bigint not null,
  currency text not null,
  amount_minor bigint not null,
  opens_debit_item boolean not null,
  opens_credit_item boolean not null,
  constraint posting_request_pkey PRIMARY KEY (book_id, operation_id, request_no, seq)
);
comment on table posting_request is 'What post() was asked to post, within its transaction only. Written by ledger.';

create table rejection (
  book_id bigint not null,
  file_no bigint not null,
  rejection_no bigint not null,
  reason_code text not null,
  reason_text text not null,
  field text,
  raw text not null,
  amount_minor bigint,
  batch text,
  line bigint not null,
  element text,
  currency text,
  constraint rejection_pkey PRIMARY KEY (book_id, file_no, rejection_no),
  constraint rejection_source_file_fk FOREIGN KEY (book_id, file_no) REFERENCES source_file(book_id, file_no)
);
comment on table rejection is 'A record that could not be read: place, reason and raw text. Written by ingest.';

create table remote_file (
  book_id bigint not null,
  source text not null,
  path text not null,
  size_bytes bigint not null,
  modified_at timestamp with time zone not null,
  name text not null,
  state text not null,
  sha256 text,
  reason_code text,
  reason_text text,
  first_seen_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  constraint remote_file_fetched_has_a_digest CHECK (((state <> ALL (ARRAY['fetched'::text, 'loaded'::text, 'archived'::text])) OR (sha256 IS NOT NULL))),
  constraint remote_file_pkey PRIMARY KEY (book_id, source, path, size_bytes, modified_at),
  constraint remote_file_refusal_has_a_reason CHECK (((state <> 'refused'::text) OR (reason_code IS NOT NULL))),
  constraint remote_file_state_is_known CHECK ((state = ANY (ARRAY['seen'::text, 'fetched'::text, 'loaded'::text, 'archived'::text, 'refused'::text])))
);
comment on table remote_file is 'One version of a file at a sender, and how far it has come from there into the book. Written by ingest.';

create table restatement (
  book_id bigint not null,
  file_no bigint not null,
  restatement_no bigint not null,
  statement_no bigint,
  of_file_no bigint not null,
  of_statement_no bigint,
  kind text not null,
  account text not null,
  currency text not null,
  number text not null,
  constraint restatement_of_a_bank_names_the_statements CHECK (((kind <> 'bank-statement'::text) OR (num_nulls(statement_no, of_statement_no) = 0))),
  constraint restatement_pkey PRIMARY KEY (book_id, file_no, restatement_no),
  constraint restatement_source_file_fk FOREIGN KEY (book_id, file_no) REFERENCES source_file(book_id, file_no)
);
CREATE INDEX restatement_by_original ON restatement USING btree (book_id, of_file_no, of_statement_no);
comment on table restatement is 'Which statement, or batch of a settlement report, tells a known one anew with other content. Written by ingest.';

create table restatement_line (
  book_id bigint not null,
  file_no bigint not null,
  restatement_no bigint not null,
  line_no bigint not null,
  change text not null,
  ordinal bigint,
  of_ordinal bigint,
  amount_minor bigint,
  of_amount_minor bigint,
  gross_minor bigint,
  of_gross_minor bigint,
  external_id text,
  reference text,
  constraint restatement_line_change_has_its_sides CHECK ((((change = 'added'::text) AND (ordinal IS NOT NULL) AND (of_ordinal IS NULL)) OR ((change = 'removed'::text) AND (ordinal IS NULL) AND (of_ordinal IS NOT NULL)) OR ((change = 'changed'::text) AND (ordinal IS NOT NULL) AND (of_ordinal IS NOT NULL)))),
  constraint restatement_line_pkey PRIMARY KEY (book_id, file_no, restatement_no, line_no)
);
comment on table restatement_line is 'What a restated statement says otherwise, line by line: added, removed, or changed with both amounts. Written by ingest.';

create table reversal (
  book_id bigint not null,
  reversed_journal_id uuid not null,
  reversed_booked_on date not null,
  journal_id uuid not null,
  booked_on date not null,
  constraint reversal_pkey PRIMARY KEY (book_id, reversed_journal_id, journal_id)
);
comment on table reversal is 'Which journal reverses which, in whole or in part. Written by ledger.';

create table reversal_total (
  book_id bigint not null,
  journal_id uuid not null,
  seq integer not null,
  amount_minor bigint not null,
  reversed_minor bigint not null,
  constraint reversal_total_pkey PRIMARY KEY (book_id, journal_id, seq),
  constraint reversal_total_stays_within_the_original CHECK (((reversed_minor >= 0) AND (reversed_minor <= amount_minor)))
);
comment on table reversal_total is 'How much of a posting has been reversed so far; never more than it moved. Written by ledger.';

create table run (
  book_id bigint not null,
  run_id bigint not null,
  state text not null,
  business_date date not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  host text not null,
  pid bigint not null,
  code_version text not null,
  result jsonb,
  error text,
  constraint run_pkey PRIMARY KEY (book_id, run_id),
  constraint run_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'PLANNED'::text, 'APPLIED'::text, 'FAILED'::text, 'INTERRUPTED'::text]))),
  constraint run_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id)
);
comment on table run is 'One execution of the pipeline for one book and business date. Written by pipeline.';

create table schema_migration (
  number integer not null,
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migration_pkey PRIMARY KEY (number)
);
comment on table schema_migration is 'The migrations this database has, with the checksum each was applied with. Owner: db.';

create table seal_block (
  book_id bigint not null,
  block_no bigint not null,
  leaf_count bigint not null,
  posting_count bigint not null,
  sums jsonb not null,
  merkle_root bytea not null,
  previous_root bytea not null,
  sealed_at timestamp with time zone not null,
  key_id text not null,
  signature bytea not null,
  constraint seal_block_pkey PRIMARY KEY (book_id, block_no),
  constraint seal_block_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id)
);
comment on table seal_block is 'A block of sealed journals: Merkle root, the root before it, counts and sums by currency, signed. Written by audit.';

create table seal_leaf (
  book_id bigint not null,
  journal_id uuid not null,
  booked_on date not null,
  block_no bigint not null,
  leaf_no bigint not null,
  leaf_hash bytea not null,
  constraint seal_leaf_pkey PRIMARY KEY (book_id, journal_id)
);
comment on table seal_leaf is 'Which block a journal is sealed in, and its hash there. What is not here is not sealed yet. Written by audit.';

create table settlement_batch (
  book_id bigint not null,
  batch_id uuid not null,
  source text not null,
  merchant text not null,
  batch text not null,
  currency text not null,
  entries bigint not null,
  gross_minor bigint not null,
  fee_minor bigint not null,
  fee_commission_minor bigint not null,
  fee_markup_minor bigint not null,
  fee_scheme_minor bigint not null,
  fee_interchange_minor bigint not null,
  fee_other_minor bigint not null,
  other_minor bigint not null,
  net_minor bigint not null,
  payout_minor bigint not null,
  first_run bigint not null,
  constraint settlement_batch_fee_is_the_sum_of_its_kinds CHECK ((fee_minor = ((((fee_commission_minor + fee_markup_minor) + fee_scheme_minor) + fee_interchange_minor) + fee_other_minor))),
  constraint settlement_batch_net_is_gross_less_fees CHECK ((net_minor = ((gross_minor - fee_minor) + other_minor))),
  constraint settlement_batch_pkey PRIMARY KEY (book_id, batch_id)
);
comment on table settlement_batch is 'Payments one processor settles together: gross − fees + other = net, exactly. Written by settle.';

create table settlement_journal (
  book_id bigint not null,
  journal_id uuid not null,
  booked_on date not null,
  kind text not null,
  file_no bigint,
  statement_no bigint,
  batch_id uuid,
  run_id bigint not null,
  constraint settlement_journal_kind_is_known CHECK ((kind = ANY (ARRAY['settlement'::text, 'bank'::text, 'release'::text]))),
  constraint settlement_journal_pkey PRIMARY KEY (book_id, journal_id)
);
CREATE INDEX settlement_journal_by_file ON settlement_journal USING btree (book_id, file_no);
comment on table settlement_journal is 'Which journal books which batch, statement day or release. Written by settle.';

create table source (
  book_id bigint not null,
  source text not null,
  role text not null,
  constraint source_pkey PRIMARY KEY (book_id, source),
  constraint source_role_is_known CHECK ((role = ANY (ARRAY['processor'::text, 'bank'::text])))
);
comment on table source is 'A sender of files as the configuration names it. Written by ingest.';

create table source_account (
  book_id bigint not null,
  source text not null,
  account_number text not null,
  account_code text not null,
  constraint source_account_pkey PRIMARY KEY (book_id, source, account_number)
);
comment on table source_account is 'Which ledger account a bank account number stands for. Written by ingest.';

create table source_file (
  book_id bigint not null,
  file_no bigint not null,
  sha256 text not null,
  name text not null,
  size_bytes bigint not null,
  source text,
  format text,
  version text,
  encoding text,
  state text not null,
  received_at timestamp with time zone not null,
  entries_read bigint not null,
  entries_loaded bigint not null,
  entries_duplicate bigint not null,
  entries_rejected bigint not null,
  entries_ignored bigint not null,
  diagnostics bigint not null,
  reason_code text,
  reason_text text,
  reason_line bigint,
  reason_element text,
  reason_reference text,
  reason_currency text,
  difference_minor bigint,
  accepted_as_revision_of_file_no bigint,
  accepted_by text,
  accepted_at timestamp with time zone,
  delivered_sha256 text,
  delivered_size_bytes bigint,
  packing text,
  constraint source_file_acceptance_is_whole CHECK ((num_nulls(accepted_as_revision_of_file_no, accepted_by, accepted_at) = ANY (ARRAY[0, 3]))),
  constraint source_file_is_recorded_once UNIQUE (book_id, sha256),
  constraint source_file_kept_aside_has_a_reason CHECK (((state = ANY (ARRAY['rejected'::text, 'held'::text])) = (reason_code IS NOT NULL))),
  constraint source_file_loses_nothing CHECK (((state <> 'loaded'::text) OR (entries_read = (((entries_loaded + entries_duplicate) + entries_rejected) + entries_ignored)))),
  constraint source_file_packing_is_whole CHECK ((((packing IS NULL) = (delivered_sha256 IS NULL)) AND ((packing IS NULL) = (delivered_size_bytes IS NULL)))),
  constraint source_file_pkey PRIMARY KEY (book_id, file_no),
  constraint source_file_state_is_known CHECK ((state = ANY (ARRAY['received'::text, 'loaded'::text, 'rejected'::text, 'held'::text]))),
  constraint source_file_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id)
);
CREATE INDEX source_file_by_name ON source_file USING btree (book_id, source, name);
comment on table source_file is 'One received file, recorded once by the SHA-256 of the bytes that were read, unpacked; packed ones also by the first bytes delivered. Written by ingest.';

create table statement (
  book_id bigint not null,
  file_no bigint not null,
  statement_no bigint not null,
  kind text not null,
  account text,
  currency text,
  number text,
  opening_minor bigint,
  opening_date date,
  closing_minor bigint,
  closing_date date,
  credits_minor bigint not null,
  debits_minor bigint not null,
  entries bigint not null,
  difference_minor bigint,
  account_code text,
  chain text not null,
  chain_difference_minor bigint,
  line bigint not null,
  element text,
  chain_break text,
  expected_opening_minor bigint,
  constraint statement_chain_break_fits_the_chain CHECK (((chain_break IS NULL) OR ((chain = 'discontinuous'::text) = (chain_break <> 'out-of-order'::text)))),
  constraint statement_chain_break_is_known CHECK ((chain_break = ANY (ARRAY['gap'::text, 'overlap'::text, 'fork'::text, 'rewind'::text, 'out-of-order'::text]))),
  constraint statement_chain_is_known CHECK ((chain = ANY (ARRAY['first'::text, 'continuous'::text, 'discontinuous'::text, 'unchained'::text]))),
  constraint statement_is_consistent CHECK (((difference_minor IS NULL) OR (difference_minor = 0))),
  constraint statement_pkey PRIMARY KEY (book_id, file_no, statement_no),
  constraint statement_source_file_fk FOREIGN KEY (book_id, file_no) REFERENCES source_file(book_id, file_no)
);
CREATE INDEX statement_by_account ON statement USING btree (book_id, account, closing_date);
comment on table statement is 'A bank''s statement or a processor''s settlement report inside a file, with its balances. Written by ingest.';

create view account_balance as
 SELECT book_id,
    account_id,
    sum(debits_minor)::bigint AS debits_minor,
    sum(credits_minor)::bigint AS credits_minor,
    sum(pending_debits_minor)::bigint AS pending_debits_minor,
    sum(pending_credits_minor)::bigint AS pending_credits_minor
   FROM ( SELECT balance.book_id,
            balance.account_id,
            balance.debits_minor,
            balance.credits_minor,
            balance.pending_debits_minor,
            balance.pending_credits_minor
           FROM balance
        UNION ALL
         SELECT balance_delta.book_id,
            balance_delta.account_id,
            balance_delta.debits_minor,
            balance_delta.credits_minor,
            balance_delta.pending_debits_minor,
            balance_delta.pending_credits_minor
           FROM balance_delta) part
  GROUP BY book_id, account_id;
comment on view account_balance is 'The balance of each account now, whatever its mode: settled and pending sums.';

create view account_day as
 SELECT balance_day.book_id,
    balance_day.account_id,
    balance_day.effective_date,
    balance_day.booked_on,
    balance_day.debits_minor,
    balance_day.credits_minor
   FROM balance_day
UNION ALL
 SELECT balance_delta.book_id,
    balance_delta.account_id,
    balance_delta.effective_date,
    balance_delta.booked_on,
    balance_delta.debits_minor,
    balance_delta.credits_minor
   FROM balance_delta;
comment on view account_day is 'Settled sums by account, effective date and booking day, in parts; for balances as of one and as known at the other.';

create view account_line as
 SELECT posting.book_id,
    posting.debit_account_id AS account_id,
    posting.credit_account_id AS other_account_id,
    posting.booked_on,
    posting.journal_id,
    posting.seq,
    posting.layer,
    'debit'::text AS side,
    posting.currency,
    posting.amount_minor AS signed_minor,
    posting.effective_date
   FROM posting
UNION ALL
 SELECT posting.book_id,
    posting.credit_account_id AS account_id,
    posting.debit_account_id AS other_account_id,
    posting.booked_on,
    posting.journal_id,
    posting.seq,
    posting.layer,
    'credit'::text AS side,
    posting.currency,
    - posting.amount_minor AS signed_minor,
    posting.effective_date
   FROM posting;
comment on view account_line is 'Each posting seen from each of its two accounts; debits are positive.';

create view entry_to_match as
 SELECT entry.book_id,
    entry.file_no,
    entry.ordinal,
    entry.statement_no,
    entry.type,
    entry.currency,
    entry.amount_minor,
    entry.gross_minor,
    entry.is_reversal,
    entry.booking_date,
    entry.value_date,
    entry.external_id,
    entry.reference,
    entry.original_reference,
    entry.batch,
    entry.narrative,
    source_file.source,
    source.role,
    matched_file.run_id,
    false AS is_carried
   FROM matched_file
     JOIN source_file ON source_file.book_id = matched_file.book_id AND source_file.file_no = matched_file.file_no
     JOIN source ON source.book_id = source_file.book_id AND source.source = source_file.source
     JOIN entry ON entry.book_id = matched_file.book_id AND entry.file_no = matched_file.file_no
  WHERE entry.duplicate_of_file_no IS NULL AND (entry.type = ANY (ARRAY['bank'::text, 'payment'::text, 'refund'::text, 'chargeback'::text, 'chargeback-reversal'::text, 'adjustment'::text])) AND entry.gross_minor <> 0
UNION ALL
 SELECT entry.book_id,
    entry.file_no,
    entry.ordinal,
    entry.statement_no,
    entry.type,
    entry.currency,
    entry.amount_minor,
    entry.gross_minor,
    entry.is_reversal,
    entry.booking_date,
    entry.value_date,
    entry.external_id,
    entry.reference,
    entry.original_reference,
    entry.batch,
    entry.narrative,
    source_file.source,
    source.role,
    open_entry.since_run AS run_id,
    true AS is_carried
   FROM open_entry
     JOIN source_file ON source_file.book_id = open_entry.book_id AND source_file.file_no = open_entry.file_no
     JOIN source ON source.book_id = source_file.book_id AND source.source = source_file.source
     JOIN entry ON entry.book_id = open_entry.book_id AND entry.file_no = open_entry.file_no AND entry.ordinal = open_entry.ordinal;
comment on view entry_to_match is 'Entries that evidence something in the ledger: those of files a run took up, and those carried over from earlier runs.';

create view line_to_match as
 SELECT entry_to_match.book_id,
    entry_to_match.file_no,
    entry_to_match.ordinal,
    entry_to_match.source,
    account.account_id,
    account.code AS account_code,
        CASE
            WHEN entry_to_match.type = 'payment'::text THEN 'capture'::text
            ELSE entry_to_match.type
        END AS kind,
    entry_to_match.currency,
    entry_to_match.gross_minor AS amount_minor,
    entry_to_match.reference,
    entry_to_match.external_id,
    entry_to_match.batch,
    COALESCE(entry_to_match.booking_date, entry_to_match.value_date) AS day,
    entry_to_match.run_id,
    entry_to_match.is_carried
   FROM entry_to_match
     JOIN account ON account.book_id = entry_to_match.book_id AND account.code = ('assets:receivable:'::text || entry_to_match.source) AND account.currency = entry_to_match.currency
  WHERE entry_to_match.role = 'processor'::text;
comment on view line_to_match is 'Settlement lines to match, each with the receivable it would close and the kind of item that waits there for it.';

create view taken_entry as
 SELECT entry.book_id,
    entry.file_no,
    entry.ordinal,
    entry.statement_no,
    entry.type,
    entry.status,
    entry.currency,
    entry.amount_minor,
    entry.gross_minor,
    entry.fee_commission_minor,
    entry.fee_markup_minor,
    entry.fee_scheme_minor,
    entry.fee_interchange_minor,
    entry.fee_other_minor,
    entry.is_reversal,
    entry.booking_date,
    entry.value_date,
    entry.external_id,
    entry.reference,
    entry.original_reference,
    entry.account,
    entry.batch,
    entry.counterparty,
    entry.narrative,
    entry.identity,
    entry.is_identity_unique,
    entry.details,
    entry.line,
    entry.element,
    entry.duplicate_of_file_no,
    entry.duplicate_of_ordinal,
    entry.is_counted,
    matched_file.run_id,
    source_file.source,
    source_file.sha256,
    statement.kind AS statement_kind,
    statement.account_code,
    statement.closing_date
   FROM matched_file
     JOIN source_file ON source_file.book_id = matched_file.book_id AND source_file.file_no = matched_file.file_no
     JOIN entry ON entry.book_id = matched_file.book_id AND entry.file_no = matched_file.file_no
     JOIN statement ON statement.book_id = entry.book_id AND statement.file_no = entry.file_no AND statement.statement_no = entry.statement_no;
comment on view taken_entry is 'Entries of the files that runs took up, each with its statement and the run that took it.';

CREATE OR REPLACE FUNCTION tieout.account_id(code text, currency text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN ((((('x'::text || "left"(encode(sha256(convert_to(((('account|'::text || code) || '|'::text) || currency), 'UTF8'::name)), 'hex'::text), 16)))::bit(64))::bigint >> 1) & '9223372036854775807'::bigint)
;

CREATE OR REPLACE FUNCTION tieout.content_id(content text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (md5(content))::uuid
;

CREATE OR REPLACE FUNCTION tieout.group_id(file_no bigint, ordinal bigint, level integer)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (((lpad(to_hex(file_no), 8, '0'::text) || lpad(to_hex(ordinal), 16, '0'::text)) || lpad(to_hex(level), 8, '0'::text)))::uuid
;

CREATE OR REPLACE FUNCTION tieout.holds_whole(content text, word text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN ((POSITION((upper(word)) IN (upper(content))) > 0) AND (substr(content, (POSITION((upper(word)) IN (upper(content))) + length(word)), 1) !~ '[A-Za-z0-9]'::text) AND ((POSITION((upper(word)) IN (upper(content))) = 1) OR (substr(content, (POSITION((upper(word)) IN (upper(content))) - 1), 1) !~ '[A-Za-z0-9]'::text)))
;

CREATE OR REPLACE FUNCTION tieout.item_id(journal_id uuid, seq integer, is_debit boolean)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (OVERLAY((journal_id)::text PLACING lpad(to_hex(((seq * 2) + CASE WHEN is_debit THEN 0 ELSE 1 END)), 4, '0'::text) FROM 33))::uuid
;

CREATE OR REPLACE FUNCTION tieout.match_key(content text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN upper(COALESCE((regexp_match(content, '\m(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{6,}\M'::text))[1], (regexp_match(content, '([A-Za-z0-9]*[0-9][A-Za-z0-9]*)[^0-9]*$'::text))[1], (regexp_match(content, '([A-Za-z0-9]+)[^A-Za-z0-9]*$'::text))[1]))
;

CREATE OR REPLACE FUNCTION tieout.match_token(content text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN upper(COALESCE((regexp_match(content, '\m(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{6,}\M'::text))[1], regexp_replace(content, '[^A-Za-z0-9]'::text, ''::text, 'g'::text)))
;
