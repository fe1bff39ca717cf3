-- The tables of one book's ledger, intake, matching and settlement.
--
-- Laid out for a distributed Postgres from the first day: every table with a book carries book_id first in each key,
-- foreign keys come in a later migration, ids are derived from content or counted per book, nothing rests on triggers.
-- The journal and posting keys hold booked_on, so that partitions by month can be attached later without a rewrite.

create schema if not exists tieout;

-- Reference --------------------------------------------------------------------------------------------------------

create table tieout.currency (
  code text not null primary key,
  exponent int not null check (exponent between 0 and 4)
);
comment on table tieout.currency is 'Currencies in use with their minor-unit exponent (ISO 4217). Written by db.';

-- Ledger -----------------------------------------------------------------------------------------------------------

create table tieout.book (
  book_id bigint not null primary key,
  code text not null,
  base_currency text not null,
  time_zone text not null,
  opened_at timestamptz not null
);
comment on table tieout.book is 'One legal entity''s ledger: the tenant and the distribution key. Written by ledger.';

create table tieout.account (
  book_id bigint not null,
  account_id bigint not null,
  code text not null,
  currency text not null,
  name text not null,
  type text not null,
  normal_side text not null,
  is_reconcilable boolean not null,
  status text not null,
  opened_at timestamptz not null,
  primary key (book_id, account_id),
  constraint account_code_is_unique unique (book_id, code, currency),
  constraint account_currency_is_a_key unique (book_id, account_id, currency),
  constraint account_type_is_known check (type in ('asset', 'liability', 'equity', 'income', 'expense')),
  constraint account_normal_side_is_known check (normal_side in ('debit', 'credit')),
  constraint account_status_is_known check (status in ('active', 'frozen', 'closed'))
);
comment on table tieout.account is 'The chart of accounts: one row for a code in a currency. Written by ledger.';

create table tieout.journal_key (
  book_id bigint not null,
  key_hash bytea not null,
  journal_id uuid not null,
  booked_on date not null,
  fingerprint bytea not null,
  operation_id uuid not null,
  primary key (book_id, key_hash)
);
comment on table tieout.journal_key is
  'Exactly-once: a journal''s key with the fingerprint of its business fields; never expires. Written by ledger.';

create table tieout.journal (
  book_id bigint not null,
  booked_on date not null,
  journal_id uuid not null,
  key text not null,
  kind text not null,
  effective_date date not null,
  booked_at timestamptz not null,
  reference text,
  description text not null,
  run_id bigint,
  reverses_journal_id uuid,
  created_by text not null,
  metadata jsonb,
  primary key (book_id, booked_on, journal_id)
);
create index journal_by_reference on tieout.journal (book_id, reference) where reference is not null;
create index journal_by_run on tieout.journal (book_id, run_id) where run_id is not null;
comment on table tieout.journal is 'One immutable, balanced event. Written by ledger.';

create table tieout.posting (
  book_id bigint not null,
  booked_on date not null,
  journal_id uuid not null,
  seq int not null,
  layer text not null,
  debit_account_id bigint not null,
  credit_account_id bigint not null,
  currency text not null,
  amount_minor bigint not null,
  effective_date date not null,
  opens_debit_item boolean not null,
  opens_credit_item boolean not null,
  primary key (book_id, booked_on, journal_id, seq),
  constraint posting_amount_is_positive check (amount_minor > 0),
  constraint posting_moves_between_two_accounts check (debit_account_id <> credit_account_id),
  constraint posting_seq_fits_an_item_id check (seq between 1 and 32767),
  constraint posting_layer_is_known check (layer in ('settled', 'pending'))
);
create index posting_by_debit_account on tieout.posting (book_id, debit_account_id, effective_date, journal_id) include (amount_minor);
create index posting_by_credit_account on tieout.posting (book_id, credit_account_id, effective_date, journal_id) include (amount_minor);
comment on table tieout.posting is
  'One movement: an amount from a credited to a debited account in one row, so an unbalanced journal cannot be written. Written by ledger.';

create view tieout.account_line as
select posting.book_id, posting.debit_account_id as account_id, posting.credit_account_id as other_account_id, posting.booked_on,
       posting.journal_id, posting.seq, posting.layer, 'debit'::text as side, posting.currency, posting.amount_minor as signed_minor,
       posting.effective_date
from tieout.posting
union all
select posting.book_id, posting.credit_account_id, posting.debit_account_id, posting.booked_on,
       posting.journal_id, posting.seq, posting.layer, 'credit'::text, posting.currency, -posting.amount_minor,
       posting.effective_date
from tieout.posting;
comment on view tieout.account_line is 'Each posting seen from each of its two accounts; debits are positive.';

create table tieout.open_item (
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
  primary key (book_id, item_id),
  constraint open_item_amount_is_not_zero check (amount_minor <> 0)
);
create index open_item_by_reference on tieout.open_item (book_id, account_id, reference);
create index open_item_by_payment on tieout.open_item (book_id, account_id, payment_id) where payment_id is not null;
comment on table tieout.open_item is
  'A working set: the side of a posting on a reconcilable account that no live match has closed; debits are positive. Written by ledger.';

create table tieout.balance (
  book_id bigint not null,
  account_id bigint not null,
  slot int not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  primary key (book_id, account_id, slot)
) with (fillfactor = 50);
comment on table tieout.balance is 'Sums of postings by account, now. Written by ledger.';

create table tieout.balance_day (
  book_id bigint not null,
  account_id bigint not null,
  effective_date date not null,
  booked_on date not null,
  debits_minor bigint not null,
  credits_minor bigint not null,
  primary key (book_id, account_id, effective_date, booked_on)
) with (fillfactor = 70);
comment on table tieout.balance_day is
  'Sums of postings by account, effective date and booking day: balances as of one and as known at the other. Written by ledger.';

create unlogged table tieout.posting_request (
  book_id bigint not null,
  operation_id uuid not null,
  request_no bigint not null,
  seq int not null,
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
  primary key (book_id, operation_id, request_no, seq)
);
comment on table tieout.posting_request is 'What post() was asked to post, within its transaction only. Written by ledger.';

-- Intake -----------------------------------------------------------------------------------------------------------

create table tieout.source (
  book_id bigint not null,
  source text not null,
  role text not null,
  primary key (book_id, source),
  constraint source_role_is_known check (role in ('processor', 'bank'))
);
comment on table tieout.source is 'A sender of files as the configuration names it. Written by ingest.';

create table tieout.source_account (
  book_id bigint not null,
  source text not null,
  account_number text not null,
  account_code text not null,
  primary key (book_id, source, account_number)
);
comment on table tieout.source_account is 'Which ledger account a bank account number stands for. Written by ingest.';

create table tieout.file_counter (
  book_id bigint not null primary key,
  last_file_no bigint not null
);
comment on table tieout.file_counter is 'The last file number of a book. Written by ingest.';

create table tieout.source_file (
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
  received_at timestamptz not null,
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
  primary key (book_id, file_no),
  constraint source_file_is_recorded_once unique (book_id, sha256),
  constraint source_file_state_is_known check (state in ('received', 'loaded', 'rejected')),
  constraint source_file_loses_nothing check (
    state <> 'loaded' or entries_read = entries_loaded + entries_duplicate + entries_rejected + entries_ignored
  ),
  constraint source_file_rejection_has_a_reason check ((state = 'rejected') = (reason_code is not null))
);
comment on table tieout.source_file is 'One received file, recorded once by the SHA-256 of its bytes. Written by ingest.';

create table tieout.file_delivery (
  book_id bigint not null,
  run_id bigint not null,
  delivery_no bigint not null,
  name text not null,
  file_no bigint not null,
  outcome text not null,
  primary key (book_id, run_id, delivery_no),
  constraint file_delivery_outcome_is_known check (outcome in ('loaded', 'duplicate', 'rejected'))
);
comment on table tieout.file_delivery is 'Which files a run was given and what became of each. Written by ingest.';

create table tieout.file_total (
  book_id bigint not null,
  file_no bigint not null,
  currency text not null,
  amount_minor bigint not null,
  ignored_minor bigint not null,
  primary key (book_id, file_no, currency)
);
comment on table tieout.file_total is 'What the reader counted in a file, by currency: the left side of "nothing is lost". Written by ingest.';

create table tieout.statement (
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
  primary key (book_id, file_no, statement_no),
  constraint statement_chain_is_known check (chain in ('first', 'continuous', 'discontinuous', 'unchained')),
  constraint statement_is_consistent check (difference_minor is null or difference_minor = 0)
);
create index statement_by_account on tieout.statement (book_id, account, closing_date);
comment on table tieout.statement is
  'A bank''s statement or a processor''s settlement report inside a file, with its balances. Written by ingest.';

create table tieout.entry (
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
  primary key (book_id, file_no, ordinal)
);
create index entry_by_identity on tieout.entry (book_id, identity);
create index entry_by_external_id on tieout.entry (book_id, external_id) where external_id is not null;
create index entry_paid_duplicate on tieout.entry (book_id, file_no) where duplicate_of_file_no is not null and is_counted;
comment on table tieout.entry is
  'One line of a statement or settlement report, in arrival order. is_counted tells whether it moves money in the books. Written by ingest.';

create table tieout.rejection (
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
  primary key (book_id, file_no, rejection_no)
);
comment on table tieout.rejection is 'A record that could not be read: place, reason and raw text. Written by ingest.';

create table tieout.batch_total (
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
  primary key (book_id, file_no, merchant, batch, currency)
);
create index batch_total_unbalanced on tieout.batch_total (book_id, merchant, batch) where residue_minor <> 0;
comment on table tieout.batch_total is
  'Control totals of a processor batch in a file: what its lines sum to against its payout. Written by ingest.';

-- Matching ---------------------------------------------------------------------------------------------------------

create table tieout.matched_file (
  book_id bigint not null,
  file_no bigint not null,
  run_id bigint not null,
  primary key (book_id, file_no)
);
create index matched_file_by_run on tieout.matched_file (book_id, run_id);
comment on table tieout.matched_file is 'Which run took a loaded file up for matching. Written by match.';

create table tieout.open_entry (
  book_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  since_run bigint not null,
  primary key (book_id, file_no, ordinal)
);
comment on table tieout.open_entry is 'A working set: entries of earlier runs that nothing ties yet. Written by match.';

create view tieout.entry_to_match as
select entry.book_id, entry.file_no, entry.ordinal, entry.statement_no, entry.type, entry.currency, entry.amount_minor,
       entry.gross_minor, entry.is_reversal, entry.booking_date, entry.value_date, entry.external_id, entry.reference,
       entry.original_reference, entry.batch, entry.narrative, source_file.source, source.role, matched_file.run_id,
       false as is_carried
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
       true as is_carried
from tieout.open_entry
join tieout.source_file on source_file.book_id = open_entry.book_id and source_file.file_no = open_entry.file_no
join tieout.source on source.book_id = source_file.book_id and source.source = source_file.source
join tieout.entry
  on entry.book_id = open_entry.book_id and entry.file_no = open_entry.file_no and entry.ordinal = open_entry.ordinal;
comment on view tieout.entry_to_match is
  'Entries that evidence something in the ledger: those of files a run took up, and those carried over from earlier runs.';

create view tieout.line_to_match as
select entry_to_match.book_id, entry_to_match.file_no, entry_to_match.ordinal, entry_to_match.source, account.account_id,
       account.code as account_code,
       case when entry_to_match.type = 'payment' then 'capture' else entry_to_match.type end as kind,
       entry_to_match.currency, entry_to_match.gross_minor as amount_minor, entry_to_match.reference,
       entry_to_match.external_id, entry_to_match.batch,
       coalesce(entry_to_match.booking_date, entry_to_match.value_date) as day, entry_to_match.run_id,
       entry_to_match.is_carried
from tieout.entry_to_match
join tieout.account
  on account.book_id = entry_to_match.book_id
  and account.code = 'assets:receivable:' || entry_to_match.source
  and account.currency = entry_to_match.currency
where entry_to_match.role = 'processor';
comment on view tieout.line_to_match is
  'Settlement lines to match, each with the receivable it would close and the kind of item that waits there for it.';

create view tieout.taken_entry as
select entry.*, matched_file.run_id, source_file.source, source_file.sha256, statement.kind as statement_kind,
       statement.account_code, statement.closing_date
from tieout.matched_file
join tieout.source_file on source_file.book_id = matched_file.book_id and source_file.file_no = matched_file.file_no
join tieout.entry on entry.book_id = matched_file.book_id and entry.file_no = matched_file.file_no
join tieout.statement
  on statement.book_id = entry.book_id and statement.file_no = entry.file_no and statement.statement_no = entry.statement_no;
comment on view tieout.taken_entry is 'Entries of the files that runs took up, each with its statement and the run that took it.';

create table tieout.match_group (
  book_id bigint not null,
  group_id uuid not null,
  level int not null,
  rule text not null,
  certificate text not null,
  alternatives bigint not null,
  status text not null,
  run_id bigint not null,
  matched_at timestamptz not null,
  primary key (book_id, group_id),
  constraint match_group_certificate_is_known check (certificate in ('UNIQUE', 'EQUIVALENT')),
  constraint match_group_status_is_known check (status in ('confirmed', 'revoked'))
);
create index match_group_by_run on tieout.match_group (book_id, run_id);
comment on table tieout.match_group is 'Entries and open items tied together by one rule, with its certificate. Written by match.';

create table tieout.match_member (
  book_id bigint not null,
  group_id uuid not null,
  member_no int not null,
  run_id bigint not null,
  rule text not null,
  file_no bigint,
  ordinal bigint,
  item_id uuid,
  item_account_id bigint,
  item_amount_minor bigint,
  alternatives bigint not null,
  is_live boolean not null,
  primary key (book_id, group_id, member_no),
  constraint match_member_has_a_side check (file_no is not null or item_id is not null)
);
create unique index match_member_entry_is_tied_once on tieout.match_member (book_id, file_no, ordinal) where is_live;
create unique index match_member_item_is_tied_once on tieout.match_member (book_id, item_id) where is_live;
create index match_member_by_run on tieout.match_member (book_id, run_id);
comment on table tieout.match_member is 'An entry, an open item, or one of each inside a match group. Written by match.';

create unlogged table tieout.match_candidate (
  book_id bigint not null,
  run_id bigint not null,
  file_no bigint not null,
  ordinal bigint not null,
  item_id uuid not null,
  item_account_id bigint not null,
  entry_amount_minor bigint not null,
  item_amount_minor bigint not null,
  strength int not null,
  primary key (book_id, run_id, file_no, ordinal, item_id)
);
comment on table tieout.match_candidate is
  'Bank entries that name an item''s reference, whatever their amounts; within a run''s transaction only. Written by match.';

create table tieout.exception_item (
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
  primary key (book_id, exception_id),
  constraint exception_severity_is_known check (severity in ('info', 'low', 'medium', 'high')),
  constraint exception_state_is_known check (state in ('OPEN', 'ASSIGNED', 'PENDING_RESOLUTION', 'RESOLVED'))
);
create index exception_item_open on tieout.exception_item (book_id, code) where state <> 'RESOLVED';
comment on table tieout.exception_item is 'Something a person must look at, with code, age, state and owner. Written by match.';

create unlogged table tieout.exception_wanted (
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
  primary key (book_id, run_id, exception_id)
);
create index exception_wanted_by_entry on tieout.exception_wanted (book_id, run_id, file_no, ordinal);
create index exception_wanted_by_item on tieout.exception_wanted (book_id, run_id, item_id);
comment on table tieout.exception_wanted is 'What a run finds exceptional, before it is compared with what is known. Written by match.';

-- Settlement -------------------------------------------------------------------------------------------------------

create table tieout.settlement_batch (
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
  primary key (book_id, batch_id),
  constraint settlement_batch_net_is_gross_less_fees check (net_minor = gross_minor - fee_minor + other_minor),
  constraint settlement_batch_fee_is_the_sum_of_its_kinds check (
    fee_minor = fee_commission_minor + fee_markup_minor + fee_scheme_minor + fee_interchange_minor + fee_other_minor
  )
);
comment on table tieout.settlement_batch is
  'Payments one processor settles together: gross − fees + other = net, exactly. Written by settle.';

create table tieout.settlement_journal (
  book_id bigint not null,
  journal_id uuid not null,
  booked_on date not null,
  kind text not null,
  file_no bigint,
  statement_no bigint,
  batch_id uuid,
  run_id bigint not null,
  primary key (book_id, journal_id),
  constraint settlement_journal_kind_is_known check (kind in ('settlement', 'bank', 'release'))
);
create index settlement_journal_by_file on tieout.settlement_journal (book_id, file_no);
comment on table tieout.settlement_journal is 'Which journal books which batch, statement day or release. Written by settle.';

-- Runs -------------------------------------------------------------------------------------------------------------

create table tieout.run (
  book_id bigint not null,
  run_id bigint not null,
  state text not null,
  business_date date not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  host text not null,
  pid bigint not null,
  code_version text not null,
  result jsonb,
  error text,
  primary key (book_id, run_id),
  constraint run_state_is_known check (state in ('RUNNING', 'PLANNED', 'APPLIED', 'FAILED', 'INTERRUPTED'))
);
comment on table tieout.run is 'One execution of the pipeline for one book and business date. Written by pipeline.';
