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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('record another act');
comment on table audit_event is 'Who did what to which object and why, with its state before and after; written in the transaction of the act. Written by audit.';

create table balance (
  book_id bigint not null,
  account_id bigint not null,
  slot integer not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  pending_debits_minor bigint not null default 0,
  pending_credits_minor bigint not null default 0,
  is_debit_normal boolean,
  floor_minor bigint,
  ceiling_minor bigint,
  booked_at timestamp with time zone,
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
  constraint balance_pkey PRIMARY KEY (book_id, account_id, slot),
  constraint balance_account_fk FOREIGN KEY (book_id, account_id) REFERENCES account(book_id, account_id)
);
comment on table balance is 'Sums of postings by account, now. Written by ledger.';
comment on column balance.booked_at is 'Of a limited account: the instant of its last booking.';
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

create table calendar_day (
  book_id bigint not null,
  calendar text not null,
  day date not null,
  business_day_no integer not null,
  constraint calendar_day_pkey PRIMARY KEY (book_id, calendar, day)
);
comment on table calendar_day is 'Days of a calendar with the number of the last business day up to them; their difference is an offset in business days. Written by match.';

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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON conversion FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('post a reversal');
comment on table conversion is 'The rate of a journal that converts: to-amount in major units = from-amount in major units × rate, rounded. Written by ledger.';

create unlogged table corrected_line (
  book_id bigint not null,
  file_no bigint not null,
  restatement_no bigint not null,
  line_no bigint not null,
  ordinal bigint,
  of_file_no bigint,
  of_ordinal bigint,
  is_same boolean not null,
  constraint corrected_line_pkey PRIMARY KEY (book_id, file_no, restatement_no, line_no)
);
comment on table corrected_line is 'The lines of a restatement beside the entries that stand; within the transaction of a load only. Written by ingest.';

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
  group_id uuid,
  constraint exception_item_pkey PRIMARY KEY (book_id, exception_id),
  constraint exception_severity_is_known CHECK ((severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text]))),
  constraint exception_state_is_known CHECK ((state = ANY (ARRAY['OPEN'::text, 'ASSIGNED'::text, 'PENDING_RESOLUTION'::text, 'RESOLVED'::text])))
);
CREATE INDEX exception_item_open ON exception_item USING btree (book_id, code) WHERE (state <> 'RESOLVED'::text);
comment on table exception_item is 'Something a person must look at, with code, age, state and owner. Written by match.';
comment on column exception_item.group_id is 'The match that is suggested for it.';

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
  group_id uuid,
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
CREATE INDEX hold_resolution_by_journal ON hold_resolution USING btree (book_id, journal_id);
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON hold_resolution FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('post a reversal');
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

create table item_reopening (
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
  part_no integer not null,
  constraint item_reopening_pkey PRIMARY KEY (book_id, item_id, group_id, part_no)
);
comment on table item_reopening is 'When a match that was revoked had closed an item, and when the revocation opened it again. Written by ledger.';

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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('post a reversal');
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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON journal_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('post under another key');
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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON journal_refusal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('ask again with another key');
comment on table journal_refusal is 'Why the journal of a key was refused; asked again, the key is refused again. Written by ledger.';

create table match_allocation (
  book_id bigint not null,
  group_id uuid not null,
  allocation_no integer not null,
  file_no bigint,
  ordinal bigint,
  item_id uuid not null,
  item_account_id bigint not null,
  amount_minor bigint not null,
  constraint match_allocation_pkey PRIMARY KEY (book_id, group_id, allocation_no)
);
CREATE INDEX match_allocation_by_entry ON match_allocation USING btree (book_id, file_no, ordinal);
comment on table match_allocation is 'Of a group of several members, which part of which item each entry closes; without an entry, what the residual closes. Written by match.';

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

create unlogged table match_edge (
  book_id bigint not null,
  run_id bigint not null,
  rule_no integer not null,
  file_no bigint not null,
  ordinal bigint not null,
  right_id uuid not null,
  right_file_no bigint,
  right_ordinal bigint,
  left_minor bigint not null,
  right_minor bigint not null,
  distance integer not null,
  constraint match_edge_pkey PRIMARY KEY (book_id, run_id, rule_no, file_no, ordinal, right_id)
);
comment on table match_edge is 'Pairs of what is open that a rule allows; within a run''s transaction only. Written by match.';

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
  residual_type text,
  residual_account text,
  residual_minor bigint,
  decided_by text,
  decided_at timestamp with time zone,
  decided_because text,
  closed_in_run bigint,
  constraint match_group_certificate_is_known CHECK ((certificate = ANY (ARRAY['UNIQUE'::text, 'EQUIVALENT'::text, 'AMBIGUOUS'::text, 'BUDGET_EXHAUSTED'::text, 'BY_HAND'::text]))),
  constraint match_group_closing_is_told CHECK ((((status = ANY (ARRAY['rejected'::text, 'revoked'::text])) = (closed_in_run IS NOT NULL)) AND ((closed_in_run IS NULL) OR (num_nulls(decided_by, decided_at, decided_because) = 0)))),
  constraint match_group_confirms_only_what_is_certain CHECK (((status = ANY (ARRAY['suggested'::text, 'rejected'::text])) OR (certificate = ANY (ARRAY['UNIQUE'::text, 'EQUIVALENT'::text, 'BY_HAND'::text])) OR (decided_by IS NOT NULL))),
  constraint match_group_pkey PRIMARY KEY (book_id, group_id),
  constraint match_group_residual_is_whole CHECK ((num_nulls(residual_type, residual_account, residual_minor) = ANY (ARRAY[0, 3]))),
  constraint match_group_status_is_known CHECK ((status = ANY (ARRAY['suggested'::text, 'confirmed'::text, 'rejected'::text, 'revoked'::text])))
);
CREATE INDEX match_group_by_run ON match_group USING btree (run_id, book_id);
CREATE INDEX match_group_closed ON match_group USING btree (book_id, closed_in_run) WHERE (closed_in_run IS NOT NULL);
CREATE INDEX match_group_residual ON match_group USING btree (book_id, group_id) WHERE (residual_minor IS NOT NULL);
CREATE INDEX match_group_suggested ON match_group USING btree (book_id, group_id) WHERE (status = 'suggested'::text);
comment on table match_group is 'Entries and open items tied together by one rule, with its certificate. Written by match.';
comment on column match_group.closed_in_run is 'The run, or the act by hand, that revoked or rejected it.';
comment on column match_group.matched_at is 'When its members became live; of a suggestion, when it was made.';
comment on column match_group.residual_minor is 'What the items sum to above the entries: posted to the account of the residual.';
comment on column match_group.rule is 'The rule and the version of its pack: rule@version.';

create table match_member (
  book_id bigint not null,
  group_id uuid not null,
  member_no integer not null,
  run_id bigint not null,
  file_no bigint,
  ordinal bigint,
  item_id uuid,
  item_account_id bigint,
  item_amount_minor bigint,
  is_live boolean not null,
  rule_no integer,
  constraint match_member_has_a_side CHECK (((file_no IS NOT NULL) OR (item_id IS NOT NULL))),
  constraint match_member_pkey PRIMARY KEY (book_id, group_id, member_no)
);
CREATE INDEX match_member_by_run ON match_member USING btree (run_id, book_id);
CREATE UNIQUE INDEX match_member_entry_is_tied_once ON match_member USING btree (book_id, file_no, ordinal) WHERE (is_live AND (file_no IS NOT NULL));
CREATE INDEX match_member_entry_not_live ON match_member USING btree (book_id, file_no, ordinal) WHERE (NOT is_live);
CREATE UNIQUE INDEX match_member_item_is_tied_once ON match_member USING btree (book_id, item_id) WHERE (is_live AND (item_id IS NOT NULL));
CREATE INDEX match_member_item_not_live ON match_member USING btree (book_id, item_id) WHERE (NOT is_live);
comment on table match_member is 'An entry, an open item, or one of each inside a match group; live while the group is confirmed. Written by match.';
comment on column match_member.rule_no is 'Of a pair that needs no row in match_group: the rule of the run that tied it, UNIQUE and confirmed.';

create table match_near (
  book_id bigint not null,
  subject text not null,
  file_no bigint not null,
  ordinal bigint not null,
  item_id uuid not null,
  rank integer not null,
  rule text not null,
  run_id bigint not null,
  predicates jsonb not null,
  constraint match_near_pkey PRIMARY KEY (book_id, subject, file_no, ordinal, item_id)
);
CREATE INDEX match_near_by_item ON match_near USING btree (book_id, item_id);
comment on table match_near is 'For what is open, the nearest candidates with each predicate, what it allows and what was found; subject is entry or item. Written by match.';

create table match_rule_use (
  book_id bigint not null,
  run_id bigint not null,
  rule_no integer not null,
  rule text not null,
  level integer not null,
  matched_at timestamp with time zone not null,
  constraint match_rule_use_pkey PRIMARY KEY (book_id, run_id, rule_no)
);
comment on table match_rule_use is 'The rules a run has applied, by number; a pair that is certain says no more than which. Written by match.';

create table match_verdict (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  rule text not null,
  certificate text not null,
  alternatives bigint not null,
  constraint match_verdict_pkey PRIMARY KEY (book_id, file_no, ordinal)
);
comment on table match_verdict is 'Why an entry with candidates was not tied in the last run, by the first rule that saw them. Written by match.';

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
  revision integer not null default 0,
  constraint open_entry_pkey PRIMARY KEY (book_id, file_no, ordinal)
);
comment on table open_entry is 'A working set: entries of earlier runs that nothing ties yet. Written by match.';
comment on column open_entry.revision is 'How many groups this entry was the first member of before; part of the id of the next.';

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

create table payment_status (
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
  constraint payment_status_amount_has_a_currency CHECK (((amount_minor IS NULL) = (currency IS NULL))),
  constraint payment_status_level_is_known CHECK ((level = ANY (ARRAY['group'::text, 'payment-information'::text, 'transaction'::text]))),
  constraint payment_status_pkey PRIMARY KEY (book_id, file_no, status_no)
);
CREATE INDEX payment_status_by_end_to_end_id ON payment_status USING btree (book_id, end_to_end_id) WHERE (end_to_end_id IS NOT NULL);
comment on table payment_status is 'What a bank told of a payment that was instructed, or of a whole message; it moves no money. Written by ingest.';
comment on column payment_status.amount_minor is 'Of the original payment where it is told, else what came back; unsigned.';
comment on column payment_status.original_sum is 'What the message that is reported on summed to, as the file writes it: in major units, of no currency.';
comment on column payment_status.status is 'As the file writes it, RTRN for a payment that came back; of a transaction that tells none, the one of the level above.';

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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('post a reversal');
comment on table posting is 'One movement: an amount from a credited to a debited account in one row, so an unbalanced journal cannot be written. Written by ledger.';

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
  stands_because text,
  constraint restatement_of_a_bank_names_the_statements CHECK (((kind <> 'bank-statement'::text) OR (num_nulls(statement_no, of_statement_no) = 0))),
  constraint restatement_pkey PRIMARY KEY (book_id, file_no, restatement_no),
  constraint restatement_source_file_fk FOREIGN KEY (book_id, file_no) REFERENCES source_file(book_id, file_no)
);
CREATE INDEX restatement_by_original ON restatement USING btree (book_id, of_file_no, of_statement_no);
comment on table restatement is 'Which statement, or batch of a settlement report, tells a known one anew with other content. Written by ingest.';
comment on column restatement.stands_because is 'Why what was told before stands all the same; null where the restatement is acted upon.';

create table restatement_act (
  book_id bigint not null,
  file_no bigint not null,
  restatement_no bigint not null,
  restatement_id uuid not null,
  run_id bigint not null,
  revoked_groups bigint not null,
  withdrawn_entries bigint not null,
  taken_entries bigint not null,
  constraint restatement_act_pkey PRIMARY KEY (book_id, file_no, restatement_no)
);
comment on table restatement_act is 'What a run did about a restatement, under one id. Written by match.';

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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON reversal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('reverse the reversal');
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

create table rule_pack (
  book_id bigint not null,
  pack text not null,
  version text not null,
  context text not null,
  content jsonb not null,
  first_used_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  retired_by text,
  retired_because text,
  constraint rule_pack_pkey PRIMARY KEY (book_id, pack, version),
  constraint rule_pack_retirement_is_whole CHECK ((num_nulls(retired_at, retired_by, retired_because) = ANY (ARRAY[0, 3])))
);
comment on table rule_pack is 'Every version of a rule pack that a run has used, by the hash of its content; retired, never deleted. Written by match.';

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
  kind text not null default 'run'::text,
  act jsonb,
  constraint run_kind_is_known CHECK ((kind = ANY (ARRAY['run'::text, 'hand'::text]))),
  constraint run_pkey PRIMARY KEY (book_id, run_id),
  constraint run_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'PLANNED'::text, 'APPLIED'::text, 'FAILED'::text, 'INTERRUPTED'::text]))),
  constraint run_book_fk FOREIGN KEY (book_id) REFERENCES book(book_id)
);
comment on table run is 'One execution of the pipeline for one book and business date. Written by pipeline.';
comment on column run.kind is 'A run of the pipeline, or an act by hand that posts and proves like one; act says what.';

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
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON seal_block FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('seal what follows in another block');
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
CREATE UNIQUE INDEX seal_leaf_by_place ON seal_leaf USING btree (book_id, block_no, leaf_no);
CREATE TRIGGER ro_history BEFORE DELETE OR UPDATE OR TRUNCATE ON seal_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('seal what follows in another block');
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
  group_id uuid,
  constraint settlement_journal_kind_is_known CHECK ((kind = ANY (ARRAY['settlement'::text, 'bank'::text, 'release'::text, 'residual'::text, 'revocation'::text, 'withdrawal'::text, 'opening'::text]))),
  constraint settlement_journal_pkey PRIMARY KEY (book_id, journal_id)
);
CREATE INDEX settlement_journal_by_file ON settlement_journal USING btree (book_id, file_no);
CREATE INDEX settlement_journal_by_group ON settlement_journal USING btree (book_id, group_id) WHERE (group_id IS NOT NULL);
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
  statuses bigint not null default 0,
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
comment on column source_file.statuses is 'How many payment statuses were told in it, all of them stored.';

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

create table status_tie (
  book_id bigint not null,
  file_no bigint not null,
  status_no bigint not null,
  since_run bigint not null,
  certificate text not null,
  alternatives bigint not null,
  booked_on date,
  journal_id uuid,
  seq integer,
  closed_in_run bigint,
  constraint status_tie_certificate_is_known CHECK ((certificate = ANY (ARRAY['UNIQUE'::text, 'AMBIGUOUS'::text, 'INFEASIBLE'::text]))),
  constraint status_tie_names_its_payout CHECK (((num_nulls(booked_on, journal_id, seq) = ANY (ARRAY[0, 3])) AND ((certificate <> 'UNIQUE'::text) OR (journal_id IS NOT NULL)))),
  constraint status_tie_pkey PRIMARY KEY (book_id, file_no, status_no)
);
CREATE INDEX status_tie_open ON status_tie USING btree (book_id, file_no, status_no) WHERE (closed_in_run IS NULL);
comment on table status_tie is 'A status that rejects or returns a payment, and the payout it is of; open until the payout is taken back. Written by match.';
comment on column status_tie.alternatives is 'How many payouts have the name that the status tells.';
comment on column status_tie.certificate is 'UNIQUE, AMBIGUOUS, or INFEASIBLE: no payout has the name, or the one that has it (then it is told) is of another amount.';

create table withdrawn_entry (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  restated_by_file_no bigint not null,
  restatement_no bigint not null,
  constraint withdrawn_entry_pkey PRIMARY KEY (book_id, file_no, ordinal)
);
CREATE INDEX withdrawn_entry_by_restatement ON withdrawn_entry USING btree (book_id, restated_by_file_no, restatement_no);
comment on table withdrawn_entry is 'An entry that a corrected file no longer tells, or tells otherwise: it moves nothing any more. Written by ingest.';

create view account_balance as
 SELECT part.book_id,
    part.account_id,
    sum(part.debits_minor)::bigint AS debits_minor,
    sum(part.credits_minor)::bigint AS credits_minor,
    sum(part.pending_debits_minor)::bigint AS pending_debits_minor,
    sum(part.pending_credits_minor)::bigint AS pending_credits_minor
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
     JOIN book ON book.book_id = part.book_id
  GROUP BY part.book_id, part.account_id;
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
 SELECT matched_file.book_id,
    matched_file.file_no,
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
    false AS is_carried,
    entry.account AS merchant,
    entry.counterparty,
    0 AS revision
   FROM matched_file
     JOIN source_file ON source_file.book_id = matched_file.book_id AND source_file.file_no = matched_file.file_no
     JOIN source ON source.book_id = source_file.book_id AND source.source = source_file.source
     CROSS JOIN LATERAL ( SELECT entry_1.book_id,
            entry_1.file_no,
            entry_1.ordinal,
            entry_1.statement_no,
            entry_1.type,
            entry_1.status,
            entry_1.currency,
            entry_1.amount_minor,
            entry_1.gross_minor,
            entry_1.fee_commission_minor,
            entry_1.fee_markup_minor,
            entry_1.fee_scheme_minor,
            entry_1.fee_interchange_minor,
            entry_1.fee_other_minor,
            entry_1.is_reversal,
            entry_1.booking_date,
            entry_1.value_date,
            entry_1.external_id,
            entry_1.reference,
            entry_1.original_reference,
            entry_1.account,
            entry_1.batch,
            entry_1.counterparty,
            entry_1.narrative,
            entry_1.identity,
            entry_1.is_identity_unique,
            entry_1.details,
            entry_1.line,
            entry_1.element,
            entry_1.duplicate_of_file_no,
            entry_1.duplicate_of_ordinal,
            entry_1.is_counted,
            entry_1.attributes
           FROM entry entry_1
          WHERE entry_1.book_id = matched_file.book_id AND entry_1.file_no = matched_file.file_no AND entry_1.duplicate_of_file_no IS NULL AND (entry_1.type = ANY (ARRAY['bank'::text, 'payment'::text, 'refund'::text, 'chargeback'::text, 'chargeback-reversal'::text, 'adjustment'::text])) AND entry_1.gross_minor <> 0
         OFFSET 0) entry
  WHERE NOT (EXISTS ( SELECT
           FROM entry_withdrawal
          WHERE entry_withdrawal.book_id = matched_file.book_id AND entry_withdrawal.file_no = matched_file.file_no AND entry_withdrawal.ordinal = entry.ordinal))
UNION ALL
 SELECT open_entry.book_id,
    open_entry.file_no,
    open_entry.ordinal,
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
    true AS is_carried,
    entry.account AS merchant,
    entry.counterparty,
    open_entry.revision
   FROM open_entry
     JOIN source_file ON source_file.book_id = open_entry.book_id AND source_file.file_no = open_entry.file_no
     JOIN source ON source.book_id = source_file.book_id AND source.source = source_file.source
     CROSS JOIN LATERAL ( SELECT entry_1.book_id,
            entry_1.file_no,
            entry_1.ordinal,
            entry_1.statement_no,
            entry_1.type,
            entry_1.status,
            entry_1.currency,
            entry_1.amount_minor,
            entry_1.gross_minor,
            entry_1.fee_commission_minor,
            entry_1.fee_markup_minor,
            entry_1.fee_scheme_minor,
            entry_1.fee_interchange_minor,
            entry_1.fee_other_minor,
            entry_1.is_reversal,
            entry_1.booking_date,
            entry_1.value_date,
            entry_1.external_id,
            entry_1.reference,
            entry_1.original_reference,
            entry_1.account,
            entry_1.batch,
            entry_1.counterparty,
            entry_1.narrative,
            entry_1.identity,
            entry_1.is_identity_unique,
            entry_1.details,
            entry_1.line,
            entry_1.element,
            entry_1.duplicate_of_file_no,
            entry_1.duplicate_of_ordinal,
            entry_1.is_counted,
            entry_1.attributes
           FROM entry entry_1
          WHERE entry_1.book_id = open_entry.book_id AND entry_1.file_no = open_entry.file_no AND entry_1.ordinal = open_entry.ordinal
         OFFSET 0) entry;
comment on view entry_to_match is 'Entries that evidence something in the ledger: those of files a run took up, and those carried over from earlier runs.';

create view entry_withdrawal as
 SELECT withdrawn_entry.book_id,
    withdrawn_entry.file_no,
    withdrawn_entry.ordinal,
    withdrawn_entry.restated_by_file_no,
    withdrawn_entry.restatement_no,
    matched_file.run_id
   FROM withdrawn_entry
     JOIN matched_file ON matched_file.book_id = withdrawn_entry.book_id AND matched_file.file_no = withdrawn_entry.restated_by_file_no;
comment on view entry_withdrawal is 'Withdrawn entries whose correction a run took up, with that run.';

create view item_closing as
 SELECT book_id,
    item_id,
    account_id,
    item_amount_minor,
    run_id,
    effective_date,
    booked_on,
    journal_id
   FROM item_tie
  WHERE is_live;
comment on view item_closing is 'Items that live matches hold, each with the journal that settled it: of its batch, its bank day, or its release. Where the matched amounts cancel out there is no journal, and the day is the run''s.';

create view item_movement as
 SELECT posting.book_id,
    item_id(posting.journal_id, posting.seq, true) AS item_id,
    posting.debit_account_id AS account_id,
    posting.currency,
    posting.effective_date,
    posting.booked_on,
    posting.amount_minor,
    posting.journal_id,
    posting.seq,
    'opened'::text AS cause
   FROM posting
  WHERE posting.layer = 'settled'::text AND posting.opens_debit_item
UNION ALL
 SELECT posting.book_id,
    item_id(posting.journal_id, posting.seq, false) AS item_id,
    posting.credit_account_id AS account_id,
    posting.currency,
    posting.effective_date,
    posting.booked_on,
    - posting.amount_minor AS amount_minor,
    posting.journal_id,
    posting.seq,
    'opened'::text AS cause
   FROM posting
  WHERE posting.layer = 'settled'::text AND posting.opens_credit_item
UNION ALL
 SELECT reversing.book_id,
    item_id(reversed.journal_id, reversed.seq, true) AS item_id,
    reversing.credit_account_id AS account_id,
    reversing.currency,
    reversing.effective_date,
    reversing.booked_on,
    - reversing.amount_minor AS amount_minor,
    reversing.journal_id,
    reversing.seq,
    'reversed'::text AS cause
   FROM reversal
     JOIN posting reversing ON reversing.book_id = reversal.book_id AND reversing.booked_on = reversal.booked_on AND reversing.journal_id = reversal.journal_id AND reversing.layer = 'settled'::text AND NOT reversing.opens_credit_item
     JOIN posting reversed ON reversed.book_id = reversal.book_id AND reversed.booked_on = reversal.reversed_booked_on AND reversed.journal_id = reversal.reversed_journal_id AND reversed.seq = reversing.seq AND reversed.layer = 'settled'::text AND reversed.opens_debit_item
UNION ALL
 SELECT reversing.book_id,
    item_id(reversed.journal_id, reversed.seq, false) AS item_id,
    reversing.debit_account_id AS account_id,
    reversing.currency,
    reversing.effective_date,
    reversing.booked_on,
    reversing.amount_minor,
    reversing.journal_id,
    reversing.seq,
    'reversed'::text AS cause
   FROM reversal
     JOIN posting reversing ON reversing.book_id = reversal.book_id AND reversing.booked_on = reversal.booked_on AND reversing.journal_id = reversal.journal_id AND reversing.layer = 'settled'::text AND NOT reversing.opens_debit_item
     JOIN posting reversed ON reversed.book_id = reversal.book_id AND reversed.booked_on = reversal.reversed_booked_on AND reversed.journal_id = reversal.reversed_journal_id AND reversed.seq = reversing.seq AND reversed.layer = 'settled'::text AND reversed.opens_credit_item
UNION ALL
 SELECT item_closing.book_id,
    item_closing.item_id,
    item_closing.account_id,
    account.currency,
    item_closing.effective_date,
    item_closing.booked_on,
    - item_closing.item_amount_minor AS amount_minor,
    item_closing.journal_id,
    NULL::integer AS seq,
    'matched'::text AS cause
   FROM item_closing
     JOIN account ON account.book_id = item_closing.book_id AND account.account_id = item_closing.account_id
UNION ALL
 SELECT item_reopening.book_id,
    item_reopening.item_id,
    item_reopening.account_id,
    item_reopening.currency,
    item_reopening.closed_effective_date AS effective_date,
    item_reopening.closed_booked_on AS booked_on,
    - item_reopening.amount_minor AS amount_minor,
    item_reopening.closing_journal_id AS journal_id,
    NULL::integer AS seq,
    'matched'::text AS cause
   FROM item_reopening
     JOIN book ON book.book_id = item_reopening.book_id
UNION ALL
 SELECT item_reopening.book_id,
    item_reopening.item_id,
    item_reopening.account_id,
    item_reopening.currency,
    item_reopening.reopened_effective_date AS effective_date,
    item_reopening.reopened_booked_on AS booked_on,
    item_reopening.amount_minor,
    item_reopening.reopening_journal_id AS journal_id,
    NULL::integer AS seq,
    'reopened'::text AS cause
   FROM item_reopening
     JOIN book ON book.book_id = item_reopening.book_id;
comment on view item_movement is 'What opened, reduced and closed each item, by effective date and booking day; debits are positive, an item is open where its movements do not sum to zero.';

create view item_tie as
 WITH journal_of_settle AS NOT MATERIALIZED (
         SELECT settlement_journal.book_id,
            settlement_journal.kind,
            settlement_journal.file_no,
            settlement_journal.statement_no,
            settlement_journal.run_id,
            settlement_journal.group_id,
            settlement_journal.journal_id,
            settlement_journal.booked_on,
            journal.effective_date,
            COALESCE(journal.requested_date, journal.effective_date) AS day,
            COALESCE(settlement_batch.merchant, ''::text) AS merchant,
            COALESCE(settlement_batch.batch, ''::text) AS batch,
            settlement_batch.currency
           FROM settlement_journal
             JOIN journal ON journal.book_id = settlement_journal.book_id AND journal.booked_on = settlement_journal.booked_on AND journal.journal_id = settlement_journal.journal_id
             LEFT JOIN settlement_batch ON settlement_batch.book_id = settlement_journal.book_id AND settlement_batch.batch_id = settlement_journal.batch_id
        ), bank_day AS (
         SELECT DISTINCT ON (journal_of_settle.book_id, journal_of_settle.file_no, journal_of_settle.statement_no, journal_of_settle.day, posting.currency) journal_of_settle.book_id,
            journal_of_settle.file_no,
            journal_of_settle.statement_no,
            journal_of_settle.day,
            posting.currency,
            journal_of_settle.journal_id,
            journal_of_settle.booked_on,
            journal_of_settle.effective_date
           FROM journal_of_settle
             JOIN posting ON posting.book_id = journal_of_settle.book_id AND posting.booked_on = journal_of_settle.booked_on AND posting.journal_id = journal_of_settle.journal_id AND posting.seq = 1
          WHERE journal_of_settle.kind = 'bank'::text
          ORDER BY journal_of_settle.book_id, journal_of_settle.file_no, journal_of_settle.statement_no, journal_of_settle.day, posting.currency, journal_of_settle.journal_id
        ), released AS (
         SELECT DISTINCT ON (journal_of_settle.book_id, journal_of_settle.run_id, journal_of_settle.file_no, journal_of_settle.merchant, journal_of_settle.batch, side.account_id) journal_of_settle.book_id,
            journal_of_settle.run_id,
            journal_of_settle.file_no,
            journal_of_settle.merchant,
            journal_of_settle.batch,
            side.account_id,
            journal_of_settle.journal_id,
            journal_of_settle.booked_on,
            journal_of_settle.effective_date
           FROM journal_of_settle
             JOIN posting ON posting.book_id = journal_of_settle.book_id AND posting.booked_on = journal_of_settle.booked_on AND posting.journal_id = journal_of_settle.journal_id
             CROSS JOIN LATERAL ( VALUES (posting.debit_account_id), (posting.credit_account_id)) side(account_id)
          WHERE journal_of_settle.kind = ANY (ARRAY['release'::text, 'withdrawal'::text])
          ORDER BY journal_of_settle.book_id, journal_of_settle.run_id, journal_of_settle.file_no, journal_of_settle.merchant, journal_of_settle.batch, side.account_id, journal_of_settle.journal_id
        ), tied AS (
         SELECT match_member.book_id,
            match_member.item_id,
            match_member.item_account_id AS account_id,
            COALESCE(match_allocation.amount_minor, match_member.item_amount_minor) AS item_amount_minor,
            match_member.run_id,
                CASE
                    WHEN match_allocation.group_id IS NULL THEN match_member.file_no
                    ELSE match_allocation.file_no
                END AS file_no,
            match_member.group_id,
            match_allocation.group_id IS NOT NULL AND match_allocation.file_no IS NULL AS is_residual,
            COALESCE(match_allocation.allocation_no, 0) AS part_no,
            match_member.is_live,
            taken_entry.statement_kind,
            taken_entry.statement_no,
            taken_entry.currency,
            taken_entry.run_id = match_member.run_id AS is_of_own_run,
                CASE
                    WHEN taken_entry.statement_kind = 'settlement-report'::text THEN COALESCE(taken_entry.account, ''::text)
                    ELSE ''::text
                END AS merchant,
                CASE
                    WHEN taken_entry.statement_kind = 'settlement-report'::text THEN COALESCE(taken_entry.batch, ''::text)
                    ELSE ''::text
                END AS batch,
            COALESCE(taken_entry.booking_date, taken_entry.value_date, taken_entry.closing_date, run.business_date) AS day,
            run.business_date,
            (COALESCE(match_group.matched_at, match_rule_use.matched_at) AT TIME ZONE 'UTC'::text)::date AS matched_on
           FROM match_member
             LEFT JOIN match_group ON match_group.book_id = match_member.book_id AND match_group.group_id = match_member.group_id
             LEFT JOIN match_rule_use ON match_rule_use.book_id = match_member.book_id AND match_rule_use.run_id = match_member.run_id AND match_rule_use.rule_no = match_member.rule_no
             LEFT JOIN run ON run.book_id = match_member.book_id AND run.run_id = match_member.run_id
             LEFT JOIN match_allocation ON match_allocation.book_id = match_member.book_id AND match_allocation.group_id = match_member.group_id AND match_allocation.item_id = match_member.item_id
             LEFT JOIN taken_entry ON taken_entry.book_id = match_member.book_id AND taken_entry.file_no = COALESCE(match_allocation.file_no, match_member.file_no) AND taken_entry.ordinal = COALESCE(match_allocation.ordinal, match_member.ordinal)
          WHERE match_member.item_id IS NOT NULL
        )
 SELECT tied.book_id,
    tied.group_id,
    tied.item_id,
    tied.part_no,
    tied.is_live,
    tied.account_id,
    tied.item_amount_minor,
    tied.run_id,
    COALESCE(settled.effective_date, bank_day.effective_date, released.effective_date, residual.effective_date, tied.business_date) AS effective_date,
    COALESCE(settled.booked_on, bank_day.booked_on, released.booked_on, residual.booked_on, tied.matched_on) AS booked_on,
    COALESCE(settled.journal_id, bank_day.journal_id, released.journal_id, residual.journal_id) AS journal_id
   FROM tied
     LEFT JOIN journal_of_settle settled ON settled.book_id = tied.book_id AND settled.file_no = tied.file_no AND settled.merchant = tied.merchant AND settled.batch = tied.batch AND settled.currency = tied.currency AND settled.kind = 'settlement'::text AND tied.is_of_own_run AND tied.statement_kind = 'settlement-report'::text
     LEFT JOIN bank_day ON bank_day.book_id = tied.book_id AND bank_day.file_no = tied.file_no AND bank_day.statement_no = tied.statement_no AND bank_day.day = tied.day AND bank_day.currency = tied.currency AND tied.is_of_own_run AND tied.statement_kind = 'bank-statement'::text
     LEFT JOIN released ON released.book_id = tied.book_id AND released.run_id = tied.run_id AND released.file_no = tied.file_no AND released.merchant = tied.merchant AND released.batch = tied.batch AND released.account_id = tied.account_id AND NOT tied.is_of_own_run
     LEFT JOIN journal_of_settle residual ON residual.book_id = tied.book_id AND residual.group_id = tied.group_id AND residual.run_id = tied.run_id AND residual.kind = 'residual'::text AND tied.is_residual;
comment on view item_tie is 'Each part of an item in a match group, live or not, with the journal that settled it: of its batch, its bank day, its release, its withdrawal or its residual. Where the matched amounts cancel out there is no journal, and the day is the run''s.';

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
    entry_to_match.is_carried,
    entry_to_match.merchant,
    entry_to_match.original_reference,
    entry_to_match.narrative,
    entry_to_match.counterparty,
    entry_to_match.revision
   FROM entry_to_match
     JOIN account ON account.book_id = entry_to_match.book_id AND account.code = ('assets:receivable:'::text || entry_to_match.source) AND account.currency = entry_to_match.currency
  WHERE entry_to_match.role = 'processor'::text;
comment on view line_to_match is 'Settlement lines to match, each with the receivable it would close and the kind of item that waits there for it.';

create view match_count as
 SELECT match_group.book_id,
    match_group.run_id,
    match_group.level,
    match_group.rule,
    match_group.certificate,
    count(*) FILTER (WHERE match_member.member_no = 1) AS groups,
    count(match_member.file_no) AS entries,
    count(match_member.item_id) AS items
   FROM match_group
     JOIN match_member ON match_member.book_id = match_group.book_id AND match_member.group_id = match_group.group_id
  WHERE match_group.status = 'confirmed'::text AND match_member.is_live
  GROUP BY match_group.book_id, match_group.run_id, match_group.level, match_group.rule, match_group.certificate
UNION ALL
 SELECT pair.book_id,
    pair.run_id,
    match_rule_use.level,
    match_rule_use.rule,
    'UNIQUE'::text AS certificate,
    pair.groups,
    pair.groups AS entries,
    pair.groups AS items
   FROM ( SELECT match_member.book_id,
            match_member.run_id,
            match_member.rule_no,
            count(*) AS groups
           FROM match_member
          WHERE match_member.rule_no IS NOT NULL AND match_member.is_live
          GROUP BY match_member.book_id, match_member.run_id, match_member.rule_no) pair
     JOIN match_rule_use ON match_rule_use.book_id = pair.book_id AND match_rule_use.run_id = pair.run_id AND match_rule_use.rule_no = pair.rule_no;
comment on view match_count is 'How many matches each rule of a run has made that hold, by certificate, and how many entries and items are in them.';

create view match_told as
 SELECT match_group.book_id,
    match_group.group_id,
    match_group.level,
    match_group.rule,
    match_group.certificate,
    match_group.alternatives,
    match_group.status,
    match_group.run_id,
    match_group.matched_at,
    match_group.residual_type,
    match_group.residual_account,
    match_group.residual_minor,
    match_group.decided_by,
    match_group.decided_at,
    match_group.decided_because,
    match_group.closed_in_run
   FROM match_group
UNION ALL
 SELECT match_member.book_id,
    match_member.group_id,
    match_rule_use.level,
    match_rule_use.rule,
    'UNIQUE'::text AS certificate,
    1 AS alternatives,
    'confirmed'::text AS status,
    match_member.run_id,
    match_rule_use.matched_at,
    NULL::text AS residual_type,
    NULL::text AS residual_account,
    NULL::bigint AS residual_minor,
    NULL::text AS decided_by,
    NULL::timestamp with time zone AS decided_at,
    NULL::text AS decided_because,
    NULL::bigint AS closed_in_run
   FROM match_member
     JOIN match_rule_use ON match_rule_use.book_id = match_member.book_id AND match_rule_use.run_id = match_member.run_id AND match_rule_use.rule_no = match_member.rule_no;
comment on view match_told is 'Every match: groups that have a row of their own, and the pairs that need none because their rule says everything.';

create view sent_payout as
 SELECT journal.book_id,
    journal.journal_id,
    journal.booked_on,
    journal.key,
    journal.reference,
    journal.payment_id,
    journal.effective_date,
    posting.seq,
    posting.currency,
    posting.amount_minor,
    account.account_id,
    account.code AS account_code,
    item_id(posting.journal_id, posting.seq, false) AS item_id,
    COALESCE(( SELECT reversal_total.reversed_minor
           FROM reversal_total
          WHERE reversal_total.book_id = posting.book_id AND reversal_total.journal_id = posting.journal_id AND reversal_total.seq = posting.seq), 0::bigint) AS reversed_minor
   FROM journal
     JOIN posting ON posting.book_id = journal.book_id AND posting.booked_on = journal.booked_on AND posting.journal_id = journal.journal_id AND posting.layer = 'settled'::text AND posting.opens_credit_item
     JOIN account ON account.book_id = posting.book_id AND account.account_id = (posting.credit_account_id + 0) AND account.code = 'liabilities:payouts-in-transit'::text
  WHERE journal.reverses_journal_id IS NULL;
comment on view sent_payout is 'Payouts to merchants: what each took off what we owe, the item it opened in transit, and how much of it was taken back.';

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
     JOIN statement ON statement.book_id = entry.book_id AND statement.file_no = entry.file_no AND statement.statement_no = entry.statement_no
  WHERE NOT (EXISTS ( SELECT
           FROM entry_withdrawal
          WHERE entry_withdrawal.book_id = entry.book_id AND entry_withdrawal.file_no = entry.file_no AND entry_withdrawal.ordinal = entry.ordinal AND entry_withdrawal.run_id <= matched_file.run_id));
comment on view taken_entry is 'Entries of the files that runs took up, each with its statement and the run that took it; not those that were corrected before they were ever booked.';

create view tied_part as
 SELECT match_member.book_id,
    match_member.group_id,
    match_member.run_id,
    match_member.file_no,
    match_member.ordinal,
    COALESCE(match_allocation.item_account_id, match_member.item_account_id) AS account_id,
    match_allocation.amount_minor AS part_minor
   FROM match_member
     LEFT JOIN match_allocation ON match_allocation.book_id = match_member.book_id AND match_allocation.group_id = match_member.group_id AND match_allocation.file_no = match_member.file_no AND match_allocation.ordinal = match_member.ordinal
  WHERE match_member.is_live AND match_member.file_no IS NOT NULL;
comment on view tied_part is 'What live matches tie each entry to: the account, and of a group of several the part; no account where entries tie to each other, no part where it is the whole entry.';

CREATE OR REPLACE FUNCTION tieout.account_id(code text, currency text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN ((((('x'::text || "left"(encode(sha256(convert_to(((('account|'::text || code) || '|'::text) || currency), 'UTF8'::name)), 'hex'::text), 16)))::bit(64))::bigint >> 1) & '9223372036854775807'::bigint)
;

CREATE OR REPLACE FUNCTION tieout.account_refusals(p_book_id bigint, p_line_of integer[], p_debit bigint[], p_credit bigint[], p_currency text[], p_opens_debit boolean[], p_opens_credit boolean[], p_account_id bigint[], p_account_code text[])
 RETURNS TABLE(line_of integer, code text)
 LANGUAGE sql
 STABLE
AS $function$
  select refusal.line_of,
    (array['unknown_account', 'currency_mismatch', 'account_closed', 'account_frozen', 'not_reconcilable'])[min(refusal.rank)]
  from (
    select line.line_of,
      case
        -- A code that is there in another currency.
        when debit.account_id is null or credit.account_id is null then
          case when (
            debit.account_id is not null or exists (
              select from tieout.account other
              where other.book_id = p_book_id and other.code = p_account_code[array_position(p_account_id, line.debit)]
            )
          ) and (
            credit.account_id is not null or exists (
              select from tieout.account other
              where other.book_id = p_book_id and other.code = p_account_code[array_position(p_account_id, line.credit)]
            )
          ) then 2 else 1 end
        when debit.currency <> line.currency or credit.currency <> line.currency then 2
        when debit.status = 'closed' or credit.status = 'closed' then 3
        when debit.status in ('frozen', 'debit_frozen') or credit.status in ('frozen', 'credit_frozen') then 4
        when (line.opens_debit and not debit.is_reconcilable) or (line.opens_credit and not credit.is_reconcilable) then 5
      end as rank
    from unnest(p_line_of, p_debit, p_credit, p_currency, p_opens_debit, p_opens_credit)
      as line (line_of, debit, credit, currency, opens_debit, opens_credit)
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.debit limit 1
    ) debit on true
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.credit limit 1
    ) credit on true
  ) refusal
  where refusal.rank is not null
  group by refusal.line_of
$function$
;

CREATE OR REPLACE FUNCTION tieout.add_to_balances(p_book_id bigint, p_operation_id uuid, p_booked_on date, p_leaves_limited boolean, p_has_derived boolean, p_account_id bigint[], p_effective_date date[], p_debits bigint[], p_credits bigint[], p_pending_debits bigint[], p_pending_credits bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into tieout.balance (
    book_id, account_id, slot, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
  )
  select
    p_book_id, account.account_id,
    case when account.balance_mode = 'slots' then get_byte(uuid_send(p_operation_id), 15) % account.slots else 0 end,
    moved.debits, moved.credits, moved.pending_debits, moved.pending_credits
  from (
    select account_id, sum(debits)::bigint as debits, sum(credits)::bigint as credits,
      sum(pending_debits)::bigint as pending_debits, sum(pending_credits)::bigint as pending_credits
    from unnest(p_account_id, p_debits, p_credits, p_pending_debits, p_pending_credits)
      as part (account_id, debits, credits, pending_debits, pending_credits)
    group by account_id
  ) moved
  cross join lateral (
    select account_id, balance_mode, slots, floor_minor, ceiling_minor
    from tieout.account
    where account.book_id = p_book_id and account.account_id = moved.account_id
    limit 1
  ) account
  where account.balance_mode <> 'derived'
    and not (p_leaves_limited and (account.floor_minor is not null or account.ceiling_minor is not null))
  order by account.account_id
  on conflict (book_id, account_id, slot) do update
  set debits_minor = balance.debits_minor + excluded.debits_minor,
      credits_minor = balance.credits_minor + excluded.credits_minor,
      pending_debits_minor = balance.pending_debits_minor + excluded.pending_debits_minor,
      pending_credits_minor = balance.pending_credits_minor + excluded.pending_credits_minor;

  insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, slot, debits_minor, credits_minor)
  select
    p_book_id, account.account_id, moved.effective_date, p_booked_on,
    case when account.balance_mode = 'slots' then get_byte(uuid_send(p_operation_id), 15) % account.slots else 0 end,
    moved.debits, moved.credits
  from unnest(p_account_id, p_effective_date, p_debits, p_credits) as moved (account_id, effective_date, debits, credits)
  cross join lateral (
    select account_id, balance_mode, slots, floor_minor, ceiling_minor
    from tieout.account
    where account.book_id = p_book_id and account.account_id = moved.account_id
    limit 1
  ) account
  where account.balance_mode <> 'derived' and (moved.debits <> 0 or moved.credits <> 0)
  order by account.account_id, moved.effective_date
  on conflict (book_id, account_id, effective_date, booked_on, slot) do update
  set debits_minor = balance_day.debits_minor + excluded.debits_minor,
      credits_minor = balance_day.credits_minor + excluded.credits_minor;

  if p_has_derived then
    insert into tieout.balance_delta (
      book_id, account_id, operation_id, effective_date, booked_on, debits_minor, credits_minor, pending_debits_minor,
      pending_credits_minor
    )
    select
      p_book_id, account.account_id, p_operation_id, moved.effective_date, p_booked_on, moved.debits, moved.credits,
      moved.pending_debits, moved.pending_credits
    from unnest(p_account_id, p_effective_date, p_debits, p_credits, p_pending_debits, p_pending_credits)
      as moved (account_id, effective_date, debits, credits, pending_debits, pending_credits)
    cross join lateral (
      select account_id, balance_mode
      from tieout.account
      where account.book_id = p_book_id and account.account_id = moved.account_id
      limit 1
    ) account
    where account.balance_mode = 'derived';
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION tieout.content_id(content text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (md5(content))::uuid
;

CREATE OR REPLACE FUNCTION tieout.create_roles(names text[])
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  name text;
  made int := 0;
begin
  foreach name in array names loop
    if not exists (select from pg_roles where rolname = name) then
      begin
        execute format('create role %I nologin', name);
        made := made + 1;
      exception
        when duplicate_object or unique_violation then
          null; -- Another database made it meanwhile.
        when insufficient_privilege then
          raise notice 'role % is not there and % may not create roles: tieout works without it', name, current_user;
      end;
    end if;
    -- Whoever makes a role may not yet act as it, unless a superuser.
    if exists (select from pg_roles where rolname = name and not tieout.may_set_role(oid)) then
      begin
        execute format('grant %I to current_user', name);
        made := made + 1;
      exception
        when unique_violation or internal_error then
          null; -- Another database granted it meanwhile; XX000 is "tuple concurrently updated".
        when insufficient_privilege then
          raise notice '% may not act as %: an administrator may grant it', current_user, name;
      end;
    end if;
  end loop;
  return made;
end
$function$
;

CREATE OR REPLACE FUNCTION tieout.grant_privileges(rules jsonb)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  statement text;
  made int := 0;
begin
  for statement in select tieout.grants_to_change(rules) loop
    execute statement;
    made := made + 1;
  end loop;
  return made;
end
$function$
;

CREATE OR REPLACE FUNCTION tieout.grants_to_change(rules jsonb)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
AS $function$
  with role as (
    select oid, rolname from pg_roles where rolname in ('tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit')
  ),
  object as (
    select 'schema' as kind, 'tieout' as name, nspowner as owner, nspacl as acl, '{}'::jsonb as rule
    from pg_namespace
    where nspname = 'tieout'
    union all
    select 'table', relname, relowner, relacl, coalesce(rules -> relname::text, '{}')
    from pg_class
    where relnamespace = 'tieout'::regnamespace and relkind in ('r', 'p', 'v')
  ),
  asked as (
    select kind, name, 'tieout_owner' as role, privilege
    from object, unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as privilege
    where kind = 'table'
    union all
    select kind, name, role, case when kind = 'schema' then 'usage' else 'select' end
    from object, unnest(array['tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit']) as role
    where role in ('tieout_owner', 'tieout_post') or not coalesce((rule ->> 'secret')::boolean, false)
    union all
    select kind, name, 'tieout_owner', 'create' from object where kind = 'schema'
    union all
    select kind, name, 'tieout_' || part, privilege
    from object, unnest(array['post', 'audit']) as part, jsonb_array_elements_text(coalesce(rule -> part, '[]')) as privilege
  ),
  wanted as (
    select asked.kind, asked.name, role.rolname, asked.privilege
    from asked
    join role on role.rolname = asked.role
  ),
  present as (
    select object.kind, object.name, role.rolname, lower(acl.privilege_type) as privilege
    from object, aclexplode(object.acl) as acl
    join role on role.oid = acl.grantee
    where acl.privilege_type <> 'MAINTAIN'
  ),
  change as (
    (select 'grant' as verb, * from wanted except select 'grant', * from present)
    union all
    (select 'revoke', * from present except select 'revoke', * from wanted)
  )
  select format(
    case when verb = 'grant' then 'grant %s on %s to %I' else 'revoke %s on %s from %I' end,
    string_agg(privilege, ', ' order by privilege),
    case when kind = 'schema' then 'schema tieout' else format('table tieout.%I', name) end,
    change.rolname
  )
  from change
  join object using (kind, name)
  join role using (rolname)
  -- An owner has everything, and nobody else may grant.
  where role.oid <> object.owner and pg_has_role(object.owner, 'USAGE')
  group by verb, kind, name, change.rolname
  order by kind, name, change.rolname, verb
$function$
;

CREATE OR REPLACE FUNCTION tieout.group_id(file_no bigint, ordinal bigint, level integer)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (encode((int8send(((file_no << 32) | (ordinal >> 32))) || int8send((((ordinal & '4294967295'::bigint) << 32) | (level)::bigint))), 'hex'::text))::uuid
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
 IMMUTABLE PARALLEL SAFE
RETURN (encode(set_byte(set_byte(uuid_send(journal_id), 14, (((seq * 2) + CASE WHEN is_debit THEN 0 ELSE 1 END) / 256)), 15, (((seq * 2) + CASE WHEN is_debit THEN 0 ELSE 1 END) % 256)), 'hex'::text))::uuid
;

CREATE OR REPLACE FUNCTION tieout.journal_difference(p_book_id bigint, p_key_hash bytea, p_request jsonb)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_key tieout.journal_key;
  v_known jsonb;
  v_acted_on tieout.journal;
  v_is_act boolean := p_request ->> 'action' in ('reverse', 'post', 'void', 'expire');
  v_field text;
begin
  select * into v_key from tieout.journal_key where book_id = p_book_id and key_hash = p_key_hash;
  select request into v_known from tieout.journal_refusal where book_id = p_book_id and key_hash = p_key_hash;
  if v_known is null then
    select target.* into v_acted_on
    from tieout.journal
    left join tieout.reversal
      on reversal.book_id = journal.book_id and reversal.reversed_journal_id = journal.reverses_journal_id
      and reversal.journal_id = journal.journal_id
    left join tieout.hold_resolution
      on hold_resolution.book_id = journal.book_id and hold_resolution.journal_id = journal.journal_id
    left join tieout.hold on hold.book_id = hold_resolution.book_id and hold.hold_id = hold_resolution.hold_id
    join tieout.journal target
      on target.book_id = journal.book_id
      and target.booked_on = coalesce(reversal.reversed_booked_on, hold.booked_on)
      and target.journal_id = coalesce(reversal.reversed_journal_id, hold.hold_id)
    where journal.book_id = p_book_id and journal.booked_on = v_key.booked_on and journal.journal_id = v_key.journal_id;
    select jsonb_build_object(
      'kind', journal.kind,
      'effective_date', coalesce(journal.requested_date, journal.effective_date),
      'reference', journal.reference,
      'payment_id', journal.payment_id,
      'description', journal.description,
      'metadata', journal.metadata,
      'action', case
        when journal.reverses_journal_id is not null then 'reverse'
        when hold.hold_id is not null then 'hold'
        else hold_resolution.action
      end,
      'target', encode(substring(sha256(convert_to(v_acted_on.key, 'UTF8')) for 16), 'hex'),
      'expires_at', hold.expires_at
    ) || case
      when not v_is_act or v_acted_on.journal_id is null then (
        select jsonb_build_object(
          'postings', count(*),
          'currency', jsonb_agg(posting.currency order by posting.seq),
          'debit_account', jsonb_agg(posting.debit_account_id order by posting.seq),
          'credit_account', jsonb_agg(posting.credit_account_id order by posting.seq),
          'amount', jsonb_agg(posting.amount_minor order by posting.seq),
          'opens', jsonb_agg(posting.opens_debit_item::text || posting.opens_credit_item::text order by posting.seq),
          'item_reference', jsonb_agg(coalesce(posting.item_reference, journal.reference) order by posting.seq)
        )
        from tieout.posting
        where posting.book_id = p_book_id and posting.booked_on = journal.booked_on and posting.journal_id = journal.journal_id
      )
      -- What a journal that acts on another moved was not asked for line by line; whether for amounts, its digest says.
      when get_byte(v_key.fingerprint, 15) % 2 = 0 then '{}'::jsonb
      when hold_resolution.amount_minor is not null then jsonb_build_object('amount', jsonb_build_array(hold_resolution.amount_minor))
      else (
        select jsonb_build_object('amount', jsonb_agg(coalesce(posting.amount_minor, 0) order by original.seq))
        from tieout.posting original
        left join tieout.posting
          on posting.book_id = original.book_id and posting.booked_on = journal.booked_on
          and posting.journal_id = journal.journal_id and posting.seq = original.seq
        where original.book_id = p_book_id and original.booked_on = v_acted_on.booked_on
          and original.journal_id = v_acted_on.journal_id and original.layer = 'settled'
      )
    end into v_known
    from tieout.journal
    left join tieout.hold on hold.book_id = journal.book_id and hold.hold_id = journal.journal_id
    left join tieout.hold_resolution
      on hold_resolution.book_id = journal.book_id and hold_resolution.journal_id = journal.journal_id
    where journal.book_id = p_book_id and journal.booked_on = v_key.booked_on and journal.journal_id = v_key.journal_id;
    -- What is not said is as in the journal that is acted on.
    if v_is_act then
      p_request := p_request || jsonb_build_object(
        'reference', coalesce(p_request ->> 'reference', v_acted_on.reference),
        'payment_id', coalesce(p_request ->> 'payment_id', v_acted_on.payment_id)
      );
    end if;
  end if;
  -- Amounts that are left out at the end are zero.
  if v_is_act and v_known ? 'amount' and p_request ? 'amount' then
    select p_request || jsonb_build_object('amount', jsonb_agg(coalesce(asked.value, '0'::jsonb) order by at)),
      v_known || jsonb_build_object('amount', jsonb_agg(coalesce(known.value, '0'::jsonb) order by at))
    into p_request, v_known
    from jsonb_array_elements(v_known -> 'amount') with ordinality as known (value, at)
    full join jsonb_array_elements(p_request -> 'amount') with ordinality as asked (value, at) using (at);
  end if;
  foreach v_field in array array[
    'action', 'target', 'kind', 'effective_date', 'postings', 'currency', 'debit_account', 'credit_account', 'amount', 'reference',
    'payment_id', 'description', 'metadata', 'expires_at', 'opens', 'item_reference'
  ] loop
    if v_known -> v_field is distinct from p_request -> v_field then
      return v_field;
    end if;
  end loop;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION tieout.line_ranges(p_count integer, p_line_of integer[], OUT first integer[], OUT last integer[])
 RETURNS record
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select array_agg(range.first order by range.at), array_agg(range.last order by range.at)
  from (
    select request.at, min(line.at)::int as first, max(line.at)::int as last
    from generate_series(1, p_count) request (at)
    left join unnest(p_line_of) with ordinality as line (line_of, at) on line.line_of = request.at
    group by request.at
  ) range
$function$
;

CREATE OR REPLACE FUNCTION tieout.lines_by_account(p_layer text[], p_debit bigint[], p_credit bigint[], p_amount bigint[])
 RETURNS TABLE(account_id bigint, debits bigint, credits bigint, pending_debits bigint, pending_credits bigint)
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when side.is_debit then line.debit else line.credit end,
    coalesce(sum(line.amount) filter (where side.is_debit and line.layer = 'settled'), 0)::bigint,
    coalesce(sum(line.amount) filter (where not side.is_debit and line.layer = 'settled'), 0)::bigint,
    coalesce(sum(case when line.layer = 'pending' then line.amount else -line.amount end)
      filter (where side.is_debit and line.layer <> 'settled'), 0)::bigint,
    coalesce(sum(case when line.layer = 'pending' then line.amount else -line.amount end)
      filter (where not side.is_debit and line.layer <> 'settled'), 0)::bigint
  from unnest(p_layer, p_debit, p_credit, p_amount) as line (layer, debit, credit, amount)
  cross join (values (true), (false)) side (is_debit)
  group by 1
$function$
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

CREATE OR REPLACE FUNCTION tieout.may_set_role(role_oid oid)
 RETURNS boolean
 LANGUAGE sql
 STABLE STRICT
RETURN pg_has_role(role_oid, CASE WHEN ((current_setting('server_version_num'::text))::integer >= 160000) THEN 'SET'::text ELSE 'MEMBER'::text END)
;

CREATE OR REPLACE FUNCTION tieout.next_open_day(book_id bigint, day date)
 RETURNS date
 LANGUAGE sql
 STABLE STRICT
RETURN GREATEST(day, (SELECT (max(period.ends_on) + 1) FROM period WHERE ((period.book_id = next_open_day.book_id) AND (period.state <> 'open'::text))))
;

CREATE OR REPLACE FUNCTION tieout.period_lock_key(book_id bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (book_id # '5716823104962893153'::bigint)
;

CREATE OR REPLACE FUNCTION tieout.post_journals(p_book_id bigint, p_operation_id uuid, p_booked_on date, p_booked_at timestamp with time zone, p_keeps_refusals boolean, p_defers_balances boolean, p_account_id bigint[], p_account_code text[], p_opened_account_id bigint[], p_key text[], p_key_hash bytea, p_journal_id bytea, p_fingerprint bytea, p_kind text[], p_effective_date date[], p_reference text[], p_payment_id text[], p_description text[], p_run_id bigint[], p_created_by text[], p_metadata jsonb[], p_action text[], p_target bytea[], p_parts text[], p_expires_at timestamp with time zone[], p_closed_period text[], p_is_announced boolean[], p_line_of integer[], p_seq integer[], p_debit bigint[], p_credit bigint[], p_currency text[], p_amount bigint[], p_opens_debit boolean[], p_opens_credit boolean[], p_own_reference text[], p_item_kind text[], p_item_reference text[], p_item_payment_id text[], OUT created integer, OUT balances_are_due boolean, OUT not_created integer[], OUT code text[], OUT is_replay boolean[])
 RETURNS record
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
declare
  v_count int := cardinality(p_key);
  v_accounts bigint[] := p_account_id;
  v_known_accounts int;
  v_is_plain boolean;
  v_has_derived boolean;
  v_has_closed_days boolean;
  v_limited bigint[];
  v_booked_at timestamptz := p_booked_at;
  v_is_sequential boolean := false;
  -- What is decided: null while a journal is to be created.
  v_code text[];
  v_is_known boolean[];
  v_claimed int;
  v_date date[] := p_effective_date;
  v_requested date[];
  v_period text[];
  v_reverses uuid[];
  v_targets uuid[];
  -- The lines to write: those that were asked for, then those that follow from acts on holds and journals.
  v_of int[] := p_line_of;
  v_seq int[] := p_seq;
  v_layer text[];
  v_debit bigint[] := p_debit;
  v_credit bigint[] := p_credit;
  v_currency text[] := p_currency;
  v_amount bigint[] := p_amount;
  v_opens_debit boolean[] := p_opens_debit;
  v_opens_credit boolean[] := p_opens_credit;
  v_own_reference text[] := p_own_reference;
  v_item_kind text[] := p_item_kind;
  v_item_reference text[] := p_item_reference;
  v_item_payment_id text[] := p_item_payment_id;
  v_act record;
  v_line record;
  v_hold_id uuid;
  v_hold tieout.hold;
  v_original record;
  v_reference text[] := p_reference;
  v_payment_id text[] := p_payment_id;
  v_parts bigint[];
  v_part bigint;
  v_left bigint;
  v_refusal text;
  -- The lines of each journal that was asked for line by line, and of the one that is looked at.
  v_from int[];
  v_to int[];
  v_first int;
  v_last int;
  v_day date;
  v_has_item boolean;
  v_request jsonb;
  v_field text;
begin
  perform pg_advisory_xact_lock_shared(tieout.period_lock_key(p_book_id));

  -- Accounts: those named, and those of the holds and journals acted on.
  if p_action is not null then
    select array_agg(distinct found.account_id) into v_accounts
    from (
      select account_id from unnest(p_account_id) as named (account_id)
      union
      select side.account_id
      from tieout.journal_key
      join tieout.posting
        on posting.book_id = journal_key.book_id and posting.booked_on = journal_key.booked_on
        and posting.journal_id = journal_key.journal_id
      cross join lateral (values (posting.debit_account_id), (posting.credit_account_id)) side (account_id)
      where journal_key.book_id = p_book_id and journal_key.key_hash = any (p_target)
    ) found;
  end if;
  select count(*),
    coalesce(bool_and(account.status = 'active' and account.balance_mode = 'inline'), true)
      and coalesce(bool_and(account.is_reconcilable) filter (where account.account_id = any (p_opened_account_id)), true),
    array_agg(account.account_id order by account.account_id)
      filter (where account.floor_minor is not null or account.ceiling_minor is not null),
    bool_or(account.balance_mode = 'derived'),
    exists (
      select
      from tieout.period
      where period.book_id = p_book_id
        and period.state <> 'open'
        and period.ends_on >= (select min(day) from unnest(p_effective_date) as asked (day))
    )
  into v_known_accounts, v_is_plain, v_limited, v_has_derived, v_has_closed_days
  from unnest(v_accounts) as named (account_id)
  cross join lateral (
    select account_id, status, balance_mode, is_reconcilable, floor_minor, ceiling_minor
    from tieout.account
    where account.book_id = p_book_id and account.account_id = named.account_id
    for key share
  ) account;
  v_is_plain := v_is_plain and p_action is null and v_known_accounts = cardinality(v_accounts);

  -- Sides that open an item where their account has items.
  if array_position(v_opens_debit, null) is not null or array_position(v_opens_credit, null) is not null then
    select array_agg(coalesce(line.opens_debit, debit.is_reconcilable, false) order by line.at),
      array_agg(coalesce(line.opens_credit, credit.is_reconcilable, false) order by line.at)
    into v_opens_debit, v_opens_credit
    from unnest(v_debit, v_credit, v_opens_debit, v_opens_credit) with ordinality
      as line (debit, credit, opens_debit, opens_credit, at)
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.debit limit 1
    ) debit on true
    left join lateral (
      select * from tieout.account where account.book_id = p_book_id and account.account_id = line.credit limit 1
    ) credit on true;
  end if;

  if not v_is_plain then
    select array_agg(refusal.code order by request.at) into v_code
    from generate_series(1, v_count) request (at)
    left join tieout.account_refusals(
      p_book_id, p_line_of, v_debit, v_credit, v_currency, v_opens_debit, v_opens_credit, p_account_id, p_account_code
    ) refusal on refusal.line_of = request.at;
  end if;

  -- Days of closed periods, and those before the first: closed periods are one unbroken row.
  if v_has_closed_days then
    v_code := coalesce(v_code, array_fill(null::text, array[v_count]));
    v_requested := array_fill(null::date, array[v_count]);
    v_period := array_fill(null::text, array[v_count]);
    for v_act in
      select asked.at, asked.day, closed.name, closed.state
      from unnest(p_effective_date) with ordinality as asked (day, at)
      cross join lateral (
        select period.name, period.state
        from tieout.period
        where period.book_id = p_book_id and period.state <> 'open' and period.ends_on >= asked.day
        order by period.ends_on
        limit 1
      ) closed
    loop
      if p_closed_period[v_act.at] = 'refuse' or (p_closed_period[v_act.at] = 'adjust' and v_act.state = 'locked') then
        v_code[v_act.at] := coalesce(v_code[v_act.at], 'period_closed');
      elsif p_closed_period[v_act.at] is distinct from 'adjust' then
        v_day := tieout.next_open_day(p_book_id, v_act.day);
        v_date[v_act.at] := v_day;
        v_requested[v_act.at] := v_act.day;
        v_period[v_act.at] := v_act.name;
      else
        v_period[v_act.at] := v_act.name;
      end if;
    end loop;
  end if;

  -- Keys: the first journal asked under a key takes it, here and against all others at once.
  insert into tieout.journal_key (book_id, key_hash, journal_id, booked_on, fingerprint, operation_id)
  select
    p_book_id,
    substring(p_key_hash from asked.at * 16 - 15 for 16),
    encode(substring(p_journal_id from asked.at * 16 - 15 for 16), 'hex')::uuid,
    p_booked_on,
    substring(p_fingerprint from asked.at * 16 - 15 for 16),
    p_operation_id
  from generate_series(1, v_count) asked (at)
  where p_keeps_refusals or v_code is null or v_code[asked.at] is null
  order by 2, asked.at
  on conflict (book_id, key_hash) do nothing;
  get diagnostics v_claimed = row_count;
  if v_claimed < v_count then
    v_code := coalesce(v_code, array_fill(null::text, array[v_count]));
    select array_agg(
      asked.operation_id is not null
        and (asked.operation_id <> p_operation_id or asked.at > asked.claimed_at) order by asked.at
    ) into v_is_known
    from (
      select request.at, journal_key.operation_id,
        min(request.at) filter (where request.is_wanted) over (partition by request.key_hash) as claimed_at
      from (
        select at, substring(p_key_hash from at * 16 - 15 for 16) as key_hash, p_keeps_refusals or v_code[at] is null as is_wanted
        from generate_series(1, v_count) series (at)
      ) request
      left join lateral (
        select operation_id
        from tieout.journal_key
        where journal_key.book_id = p_book_id and journal_key.key_hash = request.key_hash
        limit 1
      ) journal_key on true
    ) asked;
    for v_first in select known.at from unnest(v_is_known) with ordinality as known (is_known, at) where known.is_known loop
      v_code[v_first] := 'exists';
    end loop;
  end if;

  -- Limits: all of them hold on the way, or the journals on limited accounts are taken one by one.
  v_is_sequential := p_action is not null;
  if v_limited is not null then
    perform
    from unnest(v_limited) as limited (account_id)
    cross join lateral (
      select
      from tieout.balance
      where balance.book_id = p_book_id and balance.account_id = limited.account_id and balance.slot = 0
      for no key update
    ) locked;
    get diagnostics v_first = row_count;
    if v_first < cardinality(v_limited) then
      raise exception 'a limited account has no balance row that holds its limits';
    end if;
    -- Clocks of two writers may disagree: on a limited account the instant of booking never runs back.
    select greatest(v_booked_at, max(balance.booked_at)) into v_booked_at
    from unnest(v_limited) as limited (account_id)
    join tieout.balance
      on balance.book_id = p_book_id and balance.account_id = limited.account_id and balance.slot = 0;
    update tieout.balance
    set booked_at = v_booked_at
    where balance.book_id = p_book_id and balance.account_id = any (v_limited) and balance.slot = 0;
    v_is_sequential := v_is_sequential or exists (
      select
      from (
        select balance.*,
          sum(moved.debits) over way as debits, sum(moved.credits) over way as credits
        from (
          select line.line_of, case when side.is_debit then line.debit else line.credit end as account_id,
            sum(case when side.is_debit then line.amount else 0 end) as debits,
            sum(case when side.is_debit then 0 else line.amount end) as credits
          from unnest(v_of, v_debit, v_credit, v_amount) as line (line_of, debit, credit, amount)
          cross join (values (true), (false)) side (is_debit)
          where (v_code is null or v_code[line.line_of] is null)
            and case when side.is_debit then line.debit else line.credit end = any (v_limited)
          group by line.line_of, 2
        ) moved
        join tieout.balance
          on balance.book_id = p_book_id and balance.account_id = moved.account_id and balance.slot = 0
        window way as (partition by moved.account_id order by moved.line_of)
      ) reached
      where reached.floor_minor > case
          when reached.is_debit_normal then
            reached.debits_minor + reached.debits - reached.credits_minor - reached.credits - reached.pending_credits_minor
          else reached.credits_minor + reached.credits - reached.debits_minor - reached.debits - reached.pending_debits_minor
        end
        or reached.ceiling_minor < case
          when reached.is_debit_normal then
            reached.debits_minor + reached.debits + reached.pending_debits_minor - reached.credits_minor - reached.credits
          else reached.credits_minor + reached.credits + reached.pending_credits_minor - reached.debits_minor - reached.debits
        end
    );
  end if;

  if v_is_sequential then
    v_code := coalesce(v_code, array_fill(null::text, array[v_count]));
    v_reverses := array_fill(null::uuid, array[v_count]);
    v_layer := array_fill('settled'::text, array[coalesce(cardinality(v_of), 0)]);
    select range.first, range.last into v_from, v_to from tieout.line_ranges(v_count, p_line_of) range;
    if p_target is not null then
      select array_agg(journal_key.journal_id) into v_targets
      from tieout.journal_key
      where journal_key.book_id = p_book_id and journal_key.key_hash = any (p_target);
      perform from tieout.hold
      where hold.book_id = p_book_id and hold.hold_id = any (v_targets)
      order by hold.hold_id
      for no key update;
      -- So are the sums of what is reversed, before they are taken one by one.
      if v_count > 1 then
        insert into tieout.reversal_total (book_id, journal_id, seq, amount_minor, reversed_minor)
        select distinct posting.book_id, posting.journal_id, posting.seq, posting.amount_minor, 0
        from unnest(p_action, p_target, v_code) as asked (action, target, code)
        join tieout.journal_key on journal_key.book_id = p_book_id and journal_key.key_hash = asked.target
        join tieout.journal
          on journal.book_id = p_book_id and journal.booked_on = journal_key.booked_on
          and journal.journal_id = journal_key.journal_id and journal.reverses_journal_id is null
        join tieout.posting
          on posting.book_id = p_book_id and posting.booked_on = journal.booked_on
          and posting.journal_id = journal.journal_id and posting.layer = 'settled'
        where asked.action = 'reverse' and asked.code is null
        order by posting.journal_id, posting.seq
        on conflict (book_id, journal_id, seq) do nothing;
        perform from tieout.reversal_total
        where reversal_total.book_id = p_book_id
          and reversal_total.journal_id = any (v_targets)
        order by reversal_total.journal_id, reversal_total.seq
        for no key update;
      end if;
    end if;
    for v_act in
      select asked.at, p_action[asked.at] as action, p_target[asked.at] as target, p_parts[asked.at]::bigint[] as parts,
        encode(substring(p_journal_id from asked.at * 16 - 15 for 16), 'hex')::uuid as journal_id
      from generate_series(1, v_count) asked (at)
      where v_code[asked.at] is null
        and (
          p_action[asked.at] is not null
          or asked.at in (
            select line.line_of from unnest(v_of, v_debit, v_credit) as line (line_of, debit, credit)
            where line.debit = any (v_limited) or line.credit = any (v_limited)
          )
        )
      order by asked.at
    loop
      v_refusal := null;
      v_first := coalesce(v_from[v_act.at], cardinality(v_of) + 1);
      if v_act.action in ('post', 'void', 'expire') then
        select journal_key.journal_id into v_hold_id
        from tieout.journal_key
        where journal_key.book_id = p_book_id and journal_key.key_hash = v_act.target;
        select * into v_hold
        from tieout.hold
        where hold.book_id = p_book_id and hold.hold_id = v_hold_id
          -- One that was placed by somebody else in this moment comes after us: its accounts are not locked.
          and hold.debit_account_id = any (v_accounts) and hold.credit_account_id = any (v_accounts)
        for no key update;
        v_part := coalesce(v_act.parts[1], v_hold.remaining_minor);
        v_refusal := case
          when v_hold.hold_id is null then 'unknown_hold'
          when v_hold.remaining_minor = 0 and v_hold.expired_minor > 0 then 'hold_already_expired'
          when v_hold.remaining_minor = 0 and v_hold.voided_minor > 0 then 'hold_already_voided'
          when v_hold.remaining_minor = 0 then 'hold_already_posted'
          when v_act.action = 'expire' and (v_hold.expires_at is null or v_hold.expires_at > p_booked_at) then 'hold_not_expired'
          when v_act.action = 'post' and v_hold.expires_at <= p_booked_at then 'hold_expired'
          when v_part > v_hold.remaining_minor then 'exceeds_hold'
        end;
        if v_refusal is null then
          select journal.reference, journal.payment_id, posting.opens_debit_item, posting.opens_credit_item, posting.item_reference
          into v_line
          from tieout.journal
          join tieout.posting
            on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on
            and posting.journal_id = journal.journal_id and posting.layer = 'pending'
          where journal.book_id = p_book_id and journal.booked_on = v_hold.booked_on and journal.journal_id = v_hold.hold_id;
          v_reference[v_act.at] := coalesce(p_reference[v_act.at], v_line.reference);
          v_payment_id[v_act.at] := coalesce(p_payment_id[v_act.at], v_line.payment_id);
          v_of := v_of || v_act.at;
          v_seq := v_seq || 1;
          v_layer := v_layer || 'released'::text;
          v_debit := v_debit || v_hold.debit_account_id;
          v_credit := v_credit || v_hold.credit_account_id;
          v_currency := v_currency || v_hold.currency;
          v_amount := v_amount || v_part;
          v_opens_debit := v_opens_debit || false;
          v_opens_credit := v_opens_credit || false;
          v_own_reference := v_own_reference || null::text;
          if v_act.action = 'post' then
            v_of := v_of || v_act.at;
            v_seq := v_seq || 2;
            v_layer := v_layer || 'settled'::text;
            v_debit := v_debit || v_hold.debit_account_id;
            v_credit := v_credit || v_hold.credit_account_id;
            v_currency := v_currency || v_hold.currency;
            v_amount := v_amount || v_part;
            v_opens_debit := v_opens_debit || v_line.opens_debit_item;
            v_opens_credit := v_opens_credit || v_line.opens_credit_item;
            v_own_reference := v_own_reference || v_line.item_reference;
          end if;
        end if;
      elsif v_act.action = 'reverse' then
        select journal.journal_id, journal.booked_on, journal.reverses_journal_id, journal.reference, journal.payment_id
        into v_original
        from tieout.journal_key
        join tieout.journal
          on journal.book_id = journal_key.book_id and journal.booked_on = journal_key.booked_on
          and journal.journal_id = journal_key.journal_id
        where journal_key.book_id = p_book_id and journal_key.key_hash = v_act.target
          and not exists (
            select from tieout.posting
            where posting.book_id = p_book_id and posting.booked_on = journal.booked_on
              and posting.journal_id = journal.journal_id
              and (posting.debit_account_id = any (v_accounts) and posting.credit_account_id = any (v_accounts)) is not true
          );
        if v_original.journal_id is null then
          v_refusal := 'unknown_journal';
        elsif v_original.reverses_journal_id is not null then
          v_refusal := 'not_reversible';
        else
          insert into tieout.reversal_total (book_id, journal_id, seq, amount_minor, reversed_minor)
          select posting.book_id, posting.journal_id, posting.seq, posting.amount_minor, 0
          from tieout.posting
          where posting.book_id = p_book_id and posting.booked_on = v_original.booked_on
            and posting.journal_id = v_original.journal_id and posting.layer = 'settled'
          order by posting.seq
          on conflict (book_id, journal_id, seq) do nothing;
          v_parts := null;
          v_left := null;
          select array_agg(locked.left_minor order by locked.seq), sum(locked.left_minor) into v_parts, v_left
          from (
            select reversal_total.seq, reversal_total.amount_minor - reversal_total.reversed_minor as left_minor
            from tieout.reversal_total
            where reversal_total.book_id = p_book_id and reversal_total.journal_id = v_original.journal_id
            order by reversal_total.seq
            for no key update
          ) locked;
          v_refusal := case
            when v_parts is null then 'not_reversible'
            when v_left = 0 then 'already_reversed'
            when cardinality(v_act.parts) > cardinality(v_parts) then 'exceeds_original'
            when exists (
              select from unnest(v_act.parts, v_parts) as part (asked, remaining) where part.asked > part.remaining
            ) then 'exceeds_original'
          end;
        end if;
        if v_refusal is null then
          v_reference[v_act.at] := coalesce(p_reference[v_act.at], v_original.reference);
          v_payment_id[v_act.at] := coalesce(p_payment_id[v_act.at], v_original.payment_id);
          for v_line in
            select posting.seq, posting.debit_account_id, posting.credit_account_id, posting.currency,
              posting.opens_debit_item, posting.opens_credit_item, posting.item_reference, part.amount,
              debit.is_reconcilable as debit_has_items, credit.is_reconcilable as credit_has_items
            from (
              select original.*, row_number() over (partition by original.book_id order by original.seq) as place
              from tieout.posting original
              where original.book_id = p_book_id and original.booked_on = v_original.booked_on
                and original.journal_id = v_original.journal_id and original.layer = 'settled'
            ) posting
            join unnest(coalesce(v_act.parts, v_parts)) with ordinality as part (amount, at) on part.at = posting.place
            join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
            join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
            where part.amount > 0
            order by posting.seq
          loop
            v_of := v_of || v_act.at;
            v_seq := v_seq || v_line.seq;
            v_layer := v_layer || 'settled'::text;
            v_debit := v_debit || v_line.credit_account_id;
            v_credit := v_credit || v_line.debit_account_id;
            v_currency := v_currency || v_line.currency;
            v_amount := v_amount || v_line.amount;
            v_own_reference := v_own_reference || v_line.item_reference;
            -- An item that is still open is made smaller below; else the reversal's side waits for evidence of its own.
            v_has_item := v_line.opens_credit_item and exists (
              select from tieout.open_item
              where open_item.book_id = p_book_id
                and open_item.item_id = tieout.item_id(v_original.journal_id, v_line.seq, false)
              for no key update
            );
            v_opens_debit := v_opens_debit || (v_line.credit_has_items and not v_has_item);
            v_has_item := v_line.opens_debit_item and exists (
              select from tieout.open_item
              where open_item.book_id = p_book_id
                and open_item.item_id = tieout.item_id(v_original.journal_id, v_line.seq, true)
              for no key update
            );
            v_opens_credit := v_opens_credit || (v_line.debit_has_items and not v_has_item);
          end loop;
        end if;
      elsif v_act.action = 'hold' then
        v_layer[v_first] := 'pending';
      end if;
      v_last := coalesce(v_to[v_act.at], cardinality(v_of));

      -- Accounts of lines that followed; a release is never held up.
      if v_refusal is null and v_act.action in ('post', 'reverse') then
        select refusal.code into v_refusal
        from tieout.account_refusals(
          p_book_id, v_of[v_first:], v_debit[v_first:], v_credit[v_first:], v_currency[v_first:], null, null, null, null
        ) refusal;
      end if;

      if v_refusal is null and v_limited is not null then
        select case
          when bool_or(reached.available < reached.floor_minor) then 'insufficient_available'
          when bool_or(reached.taken > reached.ceiling_minor) then 'exceeds_ceiling'
        end into v_refusal
        from (
          select balance.floor_minor, balance.ceiling_minor,
            case when balance.is_debit_normal
              then balance.debits_minor + moved.debits - balance.credits_minor - moved.credits
                - balance.pending_credits_minor - moved.pending_credits
              else balance.credits_minor + moved.credits - balance.debits_minor - moved.debits
                - balance.pending_debits_minor - moved.pending_debits
            end as available,
            case when balance.is_debit_normal
              then balance.debits_minor + moved.debits + balance.pending_debits_minor + moved.pending_debits
                - balance.credits_minor - moved.credits
              else balance.credits_minor + moved.credits + balance.pending_credits_minor + moved.pending_credits
                - balance.debits_minor - moved.debits
            end as taken
          from tieout.lines_by_account(
            v_layer[v_first:v_last], v_debit[v_first:v_last], v_credit[v_first:v_last], v_amount[v_first:v_last]
          ) moved
          join tieout.balance
            on balance.book_id = p_book_id and balance.account_id = moved.account_id and balance.slot = 0
          where moved.account_id = any (v_limited)
        ) reached;
        if v_refusal is null then
          update tieout.balance
          set debits_minor = balance.debits_minor + moved.debits,
              credits_minor = balance.credits_minor + moved.credits,
              pending_debits_minor = balance.pending_debits_minor + moved.pending_debits,
              pending_credits_minor = balance.pending_credits_minor + moved.pending_credits
          from tieout.lines_by_account(
            v_layer[v_first:v_last], v_debit[v_first:v_last], v_credit[v_first:v_last], v_amount[v_first:v_last]
          ) moved
          where balance.book_id = p_book_id and balance.account_id = moved.account_id and balance.slot = 0
            and balance.account_id = any (v_limited);
        end if;
      end if;

      v_code[v_act.at] := v_refusal;
      if v_refusal is not null then
        continue;
      end if;
      if v_act.action = 'hold' then
        insert into tieout.hold (
          book_id, hold_id, booked_on, debit_account_id, credit_account_id, currency, amount_minor, remaining_minor,
          placed_at, expires_at
        )
        values (
          p_book_id, v_act.journal_id, p_booked_on, v_debit[v_first], v_credit[v_first], v_currency[v_first], v_amount[v_first],
          v_amount[v_first], p_booked_at, p_expires_at[v_act.at]
        );
      elsif v_act.action in ('post', 'void', 'expire') then
        update tieout.hold
        set posted_minor = posted_minor + case when v_act.action = 'post' then v_part else 0 end,
            voided_minor = voided_minor + case when v_act.action = 'void' then v_part else 0 end,
            expired_minor = expired_minor + case when v_act.action = 'expire' then v_part else 0 end,
            remaining_minor = remaining_minor - v_part
        where book_id = p_book_id and hold_id = v_hold.hold_id;
        insert into tieout.hold_resolution (book_id, hold_id, journal_id, booked_on, action, amount_minor)
        values (p_book_id, v_hold.hold_id, v_act.journal_id, p_booked_on, v_act.action, v_part);
      elsif v_act.action = 'reverse' then
        v_reverses[v_act.at] := v_original.journal_id;
        insert into tieout.reversal (book_id, reversed_journal_id, reversed_booked_on, journal_id, booked_on)
        values (p_book_id, v_original.journal_id, v_original.booked_on, v_act.journal_id, p_booked_on);
        update tieout.reversal_total
        set reversed_minor = reversal_total.reversed_minor + line.amount
        from unnest(v_seq[v_first:], v_amount[v_first:]) as line (seq, amount)
        where reversal_total.book_id = p_book_id and reversal_total.journal_id = v_original.journal_id
          and reversal_total.seq = line.seq;
        with reduced as (
          select tieout.item_id(v_original.journal_id, line.seq, side.is_debit) as item_id,
            case when side.is_debit then line.amount else -line.amount end as amount
          from unnest(v_seq[v_first:], v_amount[v_first:], v_opens_debit[v_first:], v_opens_credit[v_first:])
            as line (seq, amount, opens_debit, opens_credit)
          cross join (values (true), (false)) side (is_debit)
          where case when side.is_debit then not line.opens_credit else not line.opens_debit end
        ), gone as (
          delete from tieout.open_item
          using reduced
          where open_item.book_id = p_book_id and open_item.item_id = reduced.item_id and open_item.amount_minor = reduced.amount
        )
        update tieout.open_item
        set amount_minor = open_item.amount_minor - reduced.amount
        from reduced
        where open_item.book_id = p_book_id and open_item.item_id = reduced.item_id
          and open_item.amount_minor <> reduced.amount;
      end if;
    end loop;
    -- Of the lines that followed, the items are named as their journals are.
    select v_item_kind || array_agg(p_kind[line.line_of] order by line.at),
      v_item_reference || array_agg(coalesce(line.own_reference, v_reference[line.line_of]) order by line.at),
      v_item_payment_id || array_agg(v_payment_id[line.line_of] order by line.at)
    into v_item_kind, v_item_reference, v_item_payment_id
    from unnest(v_of, v_own_reference) with ordinality as line (line_of, own_reference, at)
    where line.at > cardinality(p_line_of);
  end if;

  -- What is refused stays refused. What is not to be kept has no key, or the next journal of the call has it.
  if v_code is not null then
    if v_from is null then
      select range.first, range.last into v_from, v_to from tieout.line_ranges(v_count, p_line_of) range;
    end if;
    insert into tieout.journal_refusal (book_id, key_hash, key, code, request, refused_at, run_id, created_by)
    select p_book_id, journal_key.key_hash, p_key[asked.at], asked.code, tieout.request_content(
        asked.at, p_kind, p_effective_date, p_reference, p_payment_id, p_description, p_metadata, p_action, p_target,
        p_parts, p_expires_at, v_from[asked.at], v_to[asked.at], p_debit, p_credit, p_currency, p_amount, v_opens_debit,
        v_opens_credit, p_own_reference
      ), p_booked_at, p_run_id[asked.at], p_created_by[asked.at]
    from unnest(v_code) with ordinality as asked (code, at)
    join tieout.journal_key
      on journal_key.book_id = p_book_id and journal_key.key_hash = substring(p_key_hash from asked.at::int * 16 - 15 for 16)
      and journal_key.operation_id = p_operation_id
    where asked.code is not null and (v_is_known is null or not v_is_known[asked.at])
      and (
        p_keeps_refusals or asked.code not in (
          'unknown_account', 'currency_mismatch', 'account_closed', 'account_frozen', 'not_reconcilable', 'period_closed'
        )
        or (p_action[asked.at] in ('post', 'reverse') and asked.code in ('account_closed', 'account_frozen'))
      )
    on conflict (book_id, key_hash) do nothing;
  end if;

  insert into tieout.journal (
    book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, payment_id, description, run_id,
    reverses_journal_id, created_by, metadata, requested_date, relates_to_period, is_announced
  )
  select
    p_book_id, p_booked_on, encode(substring(p_journal_id from asked.at::int * 16 - 15 for 16), 'hex')::uuid, asked.key,
    asked.kind, asked.effective_date, v_booked_at, asked.reference, asked.payment_id, asked.description, asked.run_id,
    asked.reverses, asked.created_by, asked.metadata, asked.requested, asked.period, coalesce(asked.is_announced, false)
  from unnest(
    p_key, p_kind, v_date, v_reference, v_payment_id, p_description, p_run_id, p_created_by, p_metadata, v_code, v_requested,
    v_period, v_reverses, p_is_announced
  ) with ordinality as asked (
    key, kind, effective_date, reference, payment_id, description, run_id, created_by, metadata, code, requested, period,
    reverses, is_announced, at
  )
  where asked.code is null and asked.key is not null;
  get diagnostics created = row_count;

  insert into tieout.posting (
    book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor,
    effective_date, opens_debit_item, opens_credit_item, item_reference
  )
  select
    p_book_id, p_booked_on, encode(substring(p_journal_id from line.line_of * 16 - 15 for 16), 'hex')::uuid, line.seq,
    coalesce(line.layer, 'settled'), line.debit, line.credit, line.currency, line.amount, v_date[line.line_of],
    line.opens_debit, line.opens_credit, line.item_reference
  from unnest(v_of, v_seq, v_layer, v_debit, v_credit, v_currency, v_amount, v_opens_debit, v_opens_credit, v_own_reference)
    as line (line_of, seq, layer, debit, credit, currency, amount, opens_debit, opens_credit, item_reference)
  where v_code is null or v_code[line.line_of] is null;

  if true = any (v_opens_debit) or true = any (v_opens_credit) then
    insert into tieout.open_item (
      book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on,
      journal_id, run_id
    )
    select
      p_book_id, tieout.item_id(line.journal_id, line.seq, side.is_debit),
      case when side.is_debit then line.debit else line.credit end, line.currency,
      case when side.is_debit then line.amount else -line.amount end, line.kind, line.reference,
      line.payment_id, v_date[line.line_of], p_booked_on, line.journal_id, p_run_id[line.line_of]
    from (
      select asked.*, encode(substring(p_journal_id from asked.line_of * 16 - 15 for 16), 'hex')::uuid as journal_id
      from unnest(
        v_of, v_seq, v_layer, v_debit, v_credit, v_currency, v_amount, v_opens_debit, v_opens_credit, v_item_kind,
        v_item_reference, v_item_payment_id
      ) as asked (
        line_of, seq, layer, debit, credit, currency, amount, opens_debit, opens_credit, kind, reference, payment_id
      )
      where (v_code is null or v_code[asked.line_of] is null) and (asked.layer is null or asked.layer = 'settled')
    ) line
    cross join (values (true), (false)) side (is_debit)
    where case when side.is_debit then line.opens_debit else line.opens_credit end;
  end if;

  if p_is_announced is not null then
    insert into tieout.outbox_event (book_id, event_id, type, journal_id, booked_on, occurred_at)
    select p_book_id, announced.journal_id, 'ledger.posted', announced.journal_id, p_booked_on, p_booked_at
    from (
      select encode(substring(p_journal_id from asked.at::int * 16 - 15 for 16), 'hex')::uuid as journal_id
      from unnest(p_is_announced, v_code) with ordinality as asked (is_announced, code, at)
      where asked.is_announced and asked.code is null
    ) announced;
  end if;

  balances_are_due := p_defers_balances and v_is_plain and v_limited is null and v_requested is null;
  if created > 0 and not balances_are_due then
    perform tieout.add_to_balances(
      p_book_id, p_operation_id, p_booked_on, v_is_sequential, v_has_derived, array_agg(moved.account_id), array_agg(moved.day),
      array_agg(moved.debits), array_agg(moved.credits), array_agg(moved.pending_debits), array_agg(moved.pending_credits)
    )
    from (
      select case when side.is_debit then line.debit else line.credit end as account_id, v_date[line.line_of] as day,
        sum(case when side.is_debit and line.layer is null then line.amount else 0 end)::bigint as debits,
        sum(case when side.is_debit or line.layer is not null then 0 else line.amount end)::bigint as credits,
        sum(case when not side.is_debit or line.layer is null then 0
          when line.layer = 'pending' then line.amount else -line.amount end)::bigint as pending_debits,
        sum(case when side.is_debit or line.layer is null then 0
          when line.layer = 'pending' then line.amount else -line.amount end)::bigint as pending_credits
      from (
        select asked.line_of, nullif(asked.layer, 'settled') as layer, asked.debit, asked.credit, asked.amount
        from unnest(v_of, v_layer, v_debit, v_credit, v_amount) as asked (line_of, layer, debit, credit, amount)
        where v_code is null or v_code[asked.line_of] is null
      ) line
      cross join (values (true), (false)) side (is_debit)
      group by 1, 2
    ) moved;
  end if;

  -- What was asked before: the same outcome, or the field in which it differs.
  if v_is_known is not null then
    is_replay := array_fill(false, array[v_count]);
    for v_act in
      select known.at, journal_key.key_hash, journal_key.journal_id, journal_refusal.code,
        journal_key.fingerprint = substring(p_fingerprint from known.at::int * 16 - 15 for 16) as is_same
      from unnest(v_is_known) with ordinality as known (is_known, at)
      join tieout.journal_key
        on journal_key.book_id = p_book_id and journal_key.key_hash = substring(p_key_hash from known.at::int * 16 - 15 for 16)
      left join tieout.journal_refusal
        on journal_refusal.book_id = journal_key.book_id and journal_refusal.key_hash = journal_key.key_hash
      where known.is_known
    loop
      is_replay[v_act.at] := true;
      if not v_act.is_same then
        v_request := tieout.request_content(
          v_act.at, p_kind, p_effective_date, p_reference, p_payment_id, p_description, p_metadata, p_action,
          p_target, p_parts, p_expires_at, v_from[v_act.at], v_to[v_act.at], p_debit, p_credit, p_currency, p_amount, v_opens_debit, v_opens_credit,
          p_own_reference
        );
        v_field := tieout.journal_difference(p_book_id, v_act.key_hash, v_request);
        -- The digest of an earlier version of this program may differ where no field does.
        if v_field is not null then
          v_code[v_act.at] := 'exists_with_different_' || v_field;
          continue;
        end if;
      end if;
      v_code[v_act.at] := coalesce(v_act.code, 'exists');
    end loop;
  end if;

  if v_code is not null then
    select array_agg(decided.at order by decided.at), array_agg(decided.code order by decided.at),
      array_agg(coalesce(decided.is_replay, false) order by decided.at)
    into not_created, code, is_replay
    from unnest(v_code, is_replay) with ordinality as decided (code, is_replay, at)
    where decided.code is not null;
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION tieout.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'tieout.% is history, so % is refused: % instead', tg_table_name, tg_op, tg_argv[0]
    using errcode = 'restrict_violation';
end
$function$
;

CREATE OR REPLACE FUNCTION tieout.request_content(p_at bigint, p_kind text[], p_effective_date date[], p_reference text[], p_payment_id text[], p_description text[], p_metadata jsonb[], p_action text[], p_target bytea[], p_parts text[], p_expires_at timestamp with time zone[], p_first integer, p_last integer, p_debit bigint[], p_credit bigint[], p_currency text[], p_amount bigint[], p_opens_debit boolean[], p_opens_credit boolean[], p_item_reference text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_build_object(
    'kind', p_kind[p_at],
    'effective_date', p_effective_date[p_at],
    'reference', p_reference[p_at],
    'payment_id', p_payment_id[p_at],
    'description', p_description[p_at],
    'metadata', p_metadata[p_at],
    'action', p_action[p_at],
    'target', encode(p_target[p_at], 'hex'),
    'expires_at', p_expires_at[p_at]
  ) || case
    when p_parts[p_at] is not null then jsonb_build_object('amount', to_jsonb(p_parts[p_at]::bigint[]))
    else coalesce((
      select jsonb_build_object(
        'postings', count(*),
        'currency', jsonb_agg(line.currency order by line.at),
        'debit_account', jsonb_agg(line.debit order by line.at),
        'credit_account', jsonb_agg(line.credit order by line.at),
        'amount', jsonb_agg(line.amount order by line.at),
        'opens', jsonb_agg(line.opens_debit::text || line.opens_credit::text order by line.at),
        'item_reference', jsonb_agg(coalesce(line.item_reference, p_reference[p_at]) order by line.at)
      )
      from unnest(
        p_debit[p_first:p_last], p_credit[p_first:p_last], p_currency[p_first:p_last], p_amount[p_first:p_last],
        p_opens_debit[p_first:p_last], p_opens_credit[p_first:p_last], p_item_reference[p_first:p_last]
      ) with ordinality as line (debit, credit, currency, amount, opens_debit, opens_credit, item_reference, at)
      having count(*) > 0
    ), '{}'::jsonb)
  end
$function$
;

CREATE OR REPLACE FUNCTION tieout.sealed_hash(journal journal, postings bytea)
 RETURNS bytea
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN sha256((('\x00'::bytea || sealed_journal(journal)) || COALESCE(postings, '\x'::bytea)))
;

CREATE OR REPLACE FUNCTION tieout.sealed_journal(journal journal)
 RETURNS bytea
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN SUBSTRING(array_send(ARRAY['tieout.journal/1'::text, ((journal).book_id)::text, (((journal).booked_on - '1970-01-01'::date))::text, ((journal).journal_id)::text, (journal).key, (journal).kind, (((journal).effective_date - '1970-01-01'::date))::text, (((EXTRACT(epoch FROM (journal).booked_at) * (1000000)::numeric))::bigint)::text, (journal).reference, (journal).payment_id, (journal).description, ((journal).run_id)::text, ((journal).reverses_journal_id)::text, (journal).created_by, ((journal).metadata)::text, (((journal).requested_date - '1970-01-01'::date))::text, (journal).relates_to_period, ((journal).is_announced)::text]) FROM 21)
;

CREATE OR REPLACE FUNCTION tieout.sealed_posting(posting posting)
 RETURNS bytea
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN SUBSTRING(array_send(ARRAY['tieout.posting/1'::text, ((posting).book_id)::text, (((posting).booked_on - '1970-01-01'::date))::text, ((posting).journal_id)::text, ((posting).seq)::text, (posting).layer, ((posting).debit_account_id)::text, ((posting).credit_account_id)::text, (posting).currency, ((posting).amount_minor)::text, (((posting).effective_date - '1970-01-01'::date))::text, ((posting).opens_debit_item)::text, ((posting).opens_credit_item)::text, (posting).item_reference]) FROM 21)
;

CREATE OR REPLACE FUNCTION tieout.similarity_of(one text, other text)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (SELECT COALESCE(round(((cardinality(ARRAY(SELECT unnest(trigrams(similarity_of.one)) AS unnest INTERSECT SELECT unnest(trigrams(similarity_of.other)) AS unnest)))::numeric / (NULLIF(cardinality(ARRAY(SELECT unnest(trigrams(similarity_of.one)) AS unnest UNION SELECT unnest(trigrams(similarity_of.other)) AS unnest)), 0))::numeric), 4), (0)::numeric) AS "coalesce")
;

CREATE OR REPLACE FUNCTION tieout.trigrams(content text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN ARRAY(SELECT DISTINCT substr((('  '::text || word.word) || ' '::text), place.place, 3) AS substr FROM (regexp_split_to_table(lower(trigrams.content), '[^a-z0-9]+'::text) word(word) CROSS JOIN LATERAL generate_series(1, (length(word.word) + 1)) place(place)) WHERE (word.word <> ''::text))
;
grant create, usage on schema tieout to tieout_owner;
grant usage on schema tieout to tieout_post;
grant usage on schema tieout to tieout_read;
grant usage on schema tieout to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on account to tieout_owner;
grant insert, select, update on account to tieout_post;
grant select on account to tieout_read;
grant select on account to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on account_balance to tieout_owner;
grant select on account_balance to tieout_post;
grant select on account_balance to tieout_read;
grant select on account_balance to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on account_day to tieout_owner;
grant select on account_day to tieout_post;
grant select on account_day to tieout_read;
grant select on account_day to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on account_line to tieout_owner;
grant select on account_line to tieout_post;
grant select on account_line to tieout_read;
grant select on account_line to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on audit_event to tieout_owner;
grant insert, select on audit_event to tieout_post;
grant select on audit_event to tieout_read;
grant insert, select on audit_event to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on balance to tieout_owner;
grant delete, insert, select, update on balance to tieout_post;
grant select on balance to tieout_read;
grant select on balance to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on balance_assertion to tieout_owner;
grant insert, select, update on balance_assertion to tieout_post;
grant select on balance_assertion to tieout_read;
grant select on balance_assertion to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on balance_day to tieout_owner;
grant delete, insert, select, update on balance_day to tieout_post;
grant select on balance_day to tieout_read;
grant select on balance_day to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on balance_delta to tieout_owner;
grant delete, insert, select on balance_delta to tieout_post;
grant select on balance_delta to tieout_read;
grant select on balance_delta to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on batch_total to tieout_owner;
grant insert, select on batch_total to tieout_post;
grant select on batch_total to tieout_read;
grant select on batch_total to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on book to tieout_owner;
grant insert, select, update on book to tieout_post;
grant select on book to tieout_read;
grant select on book to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on calendar_day to tieout_owner;
grant insert, select on calendar_day to tieout_post;
grant select on calendar_day to tieout_read;
grant select on calendar_day to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on conversion to tieout_owner;
grant insert, select on conversion to tieout_post;
grant select on conversion to tieout_read;
grant select on conversion to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on corrected_line to tieout_owner;
grant delete, insert, select on corrected_line to tieout_post;
grant select on corrected_line to tieout_read;
grant select on corrected_line to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on currency to tieout_owner;
grant select on currency to tieout_post;
grant select on currency to tieout_read;
grant select on currency to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on entry to tieout_owner;
grant delete, insert, select, update on entry to tieout_post;
grant select on entry to tieout_read;
grant select on entry to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on entry_to_match to tieout_owner;
grant select on entry_to_match to tieout_post;
grant select on entry_to_match to tieout_read;
grant select on entry_to_match to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on entry_withdrawal to tieout_owner;
grant select on entry_withdrawal to tieout_post;
grant select on entry_withdrawal to tieout_read;
grant select on entry_withdrawal to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on exception_item to tieout_owner;
grant insert, select, update on exception_item to tieout_post;
grant select on exception_item to tieout_read;
grant select on exception_item to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on exception_wanted to tieout_owner;
grant delete, insert, select on exception_wanted to tieout_post;
grant select on exception_wanted to tieout_read;
grant select on exception_wanted to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on file_counter to tieout_owner;
grant insert, select, update on file_counter to tieout_post;
grant select on file_counter to tieout_read;
grant select on file_counter to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on file_delivery to tieout_owner;
grant insert, select on file_delivery to tieout_post;
grant select on file_delivery to tieout_read;
grant select on file_delivery to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on file_total to tieout_owner;
grant insert, select on file_total to tieout_post;
grant select on file_total to tieout_read;
grant select on file_total to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on hold to tieout_owner;
grant insert, select, update on hold to tieout_post;
grant select on hold to tieout_read;
grant select on hold to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on hold_resolution to tieout_owner;
grant insert, select on hold_resolution to tieout_post;
grant select on hold_resolution to tieout_read;
grant select on hold_resolution to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on identity_conflict to tieout_owner;
grant insert, select on identity_conflict to tieout_post;
grant select on identity_conflict to tieout_read;
grant select on identity_conflict to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on item_closing to tieout_owner;
grant select on item_closing to tieout_post;
grant select on item_closing to tieout_read;
grant select on item_closing to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on item_movement to tieout_owner;
grant select on item_movement to tieout_post;
grant select on item_movement to tieout_read;
grant select on item_movement to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on item_reopening to tieout_owner;
grant insert, select on item_reopening to tieout_post;
grant select on item_reopening to tieout_read;
grant select on item_reopening to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on item_tie to tieout_owner;
grant select on item_tie to tieout_post;
grant select on item_tie to tieout_read;
grant select on item_tie to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on journal to tieout_owner;
grant insert, select on journal to tieout_post;
grant select on journal to tieout_read;
grant select on journal to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on journal_key to tieout_owner;
grant insert, select on journal_key to tieout_post;
grant select on journal_key to tieout_read;
grant select on journal_key to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on journal_refusal to tieout_owner;
grant insert, select on journal_refusal to tieout_post;
grant select on journal_refusal to tieout_read;
grant select on journal_refusal to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on line_to_match to tieout_owner;
grant select on line_to_match to tieout_post;
grant select on line_to_match to tieout_read;
grant select on line_to_match to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_allocation to tieout_owner;
grant insert, select on match_allocation to tieout_post;
grant select on match_allocation to tieout_read;
grant select on match_allocation to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_candidate to tieout_owner;
grant delete, insert, select on match_candidate to tieout_post;
grant select on match_candidate to tieout_read;
grant select on match_candidate to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_count to tieout_owner;
grant select on match_count to tieout_post;
grant select on match_count to tieout_read;
grant select on match_count to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_edge to tieout_owner;
grant delete, insert, select on match_edge to tieout_post;
grant select on match_edge to tieout_read;
grant select on match_edge to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_group to tieout_owner;
grant insert, select, update on match_group to tieout_post;
grant select on match_group to tieout_read;
grant select on match_group to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_member to tieout_owner;
grant insert, select, update on match_member to tieout_post;
grant select on match_member to tieout_read;
grant select on match_member to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_near to tieout_owner;
grant delete, insert, select on match_near to tieout_post;
grant select on match_near to tieout_read;
grant select on match_near to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_rule_use to tieout_owner;
grant insert, select on match_rule_use to tieout_post;
grant select on match_rule_use to tieout_read;
grant select on match_rule_use to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_told to tieout_owner;
grant select on match_told to tieout_post;
grant select on match_told to tieout_read;
grant select on match_told to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on match_verdict to tieout_owner;
grant delete, insert, select on match_verdict to tieout_post;
grant select on match_verdict to tieout_read;
grant select on match_verdict to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on matched_file to tieout_owner;
grant insert, select on matched_file to tieout_post;
grant select on matched_file to tieout_read;
grant select on matched_file to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on open_entry to tieout_owner;
grant delete, insert, select, update on open_entry to tieout_post;
grant select on open_entry to tieout_read;
grant select on open_entry to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on open_item to tieout_owner;
grant delete, insert, select, update on open_item to tieout_post;
grant select on open_item to tieout_read;
grant select on open_item to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on outbox_event to tieout_owner;
grant insert, select on outbox_event to tieout_post;
grant select on outbox_event to tieout_read;
grant select on outbox_event to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on payment_status to tieout_owner;
grant insert, select on payment_status to tieout_post;
grant select on payment_status to tieout_read;
grant select on payment_status to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on period to tieout_owner;
grant insert, select, update on period to tieout_post;
grant select on period to tieout_read;
grant select on period to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on period_balance to tieout_owner;
grant delete, insert, select on period_balance to tieout_post;
grant select on period_balance to tieout_read;
grant select on period_balance to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on posting to tieout_owner;
grant insert, select on posting to tieout_post;
grant select on posting to tieout_read;
grant select on posting to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on rejection to tieout_owner;
grant insert, select on rejection to tieout_post;
grant select on rejection to tieout_read;
grant select on rejection to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on remote_file to tieout_owner;
grant delete, insert, select, update on remote_file to tieout_post;
grant select on remote_file to tieout_read;
grant select on remote_file to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on restatement to tieout_owner;
grant delete, insert, select, update on restatement to tieout_post;
grant select on restatement to tieout_read;
grant select on restatement to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on restatement_act to tieout_owner;
grant insert, select on restatement_act to tieout_post;
grant select on restatement_act to tieout_read;
grant select on restatement_act to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on restatement_line to tieout_owner;
grant insert, select on restatement_line to tieout_post;
grant select on restatement_line to tieout_read;
grant select on restatement_line to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on reversal to tieout_owner;
grant insert, select on reversal to tieout_post;
grant select on reversal to tieout_read;
grant select on reversal to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on reversal_total to tieout_owner;
grant insert, select, update on reversal_total to tieout_post;
grant select on reversal_total to tieout_read;
grant select on reversal_total to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on rule_pack to tieout_owner;
grant insert, select, update on rule_pack to tieout_post;
grant select on rule_pack to tieout_read;
grant select on rule_pack to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on run to tieout_owner;
grant insert, select, update on run to tieout_post;
grant select on run to tieout_read;
grant select on run to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on schema_migration to tieout_owner;
grant select on schema_migration to tieout_post;
grant select on schema_migration to tieout_read;
grant select on schema_migration to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on seal_block to tieout_owner;
grant insert, select on seal_block to tieout_post;
grant select on seal_block to tieout_read;
grant insert, select on seal_block to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on seal_leaf to tieout_owner;
grant insert, select on seal_leaf to tieout_post;
grant select on seal_leaf to tieout_read;
grant insert, select on seal_leaf to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on sent_payout to tieout_owner;
grant select on sent_payout to tieout_post;
grant select on sent_payout to tieout_read;
grant select on sent_payout to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on settlement_batch to tieout_owner;
grant insert, select, update on settlement_batch to tieout_post;
grant select on settlement_batch to tieout_read;
grant select on settlement_batch to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on settlement_journal to tieout_owner;
grant insert, select on settlement_journal to tieout_post;
grant select on settlement_journal to tieout_read;
grant select on settlement_journal to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on source to tieout_owner;
grant insert, select, update on source to tieout_post;
grant select on source to tieout_read;
grant select on source to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on source_account to tieout_owner;
grant insert, select, update on source_account to tieout_post;
grant select on source_account to tieout_read;
grant select on source_account to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on source_file to tieout_owner;
grant insert, select, update on source_file to tieout_post;
grant select on source_file to tieout_read;
grant select on source_file to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on statement to tieout_owner;
grant insert, select, update on statement to tieout_post;
grant select on statement to tieout_read;
grant select on statement to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on status_tie to tieout_owner;
grant insert, select, update on status_tie to tieout_post;
grant select on status_tie to tieout_read;
grant select on status_tie to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on taken_entry to tieout_owner;
grant select on taken_entry to tieout_post;
grant select on taken_entry to tieout_read;
grant select on taken_entry to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on tied_part to tieout_owner;
grant select on tied_part to tieout_post;
grant select on tied_part to tieout_read;
grant select on tied_part to tieout_audit;
grant delete, insert, references, select, trigger, truncate, update on withdrawn_entry to tieout_owner;
grant insert, select on withdrawn_entry to tieout_post;
grant select on withdrawn_entry to tieout_read;
grant select on withdrawn_entry to tieout_audit;
