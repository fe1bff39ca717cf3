-- What makes a file, a statement and a line the same as one before, and what happens when they are the same and differ.
--
-- A file of a known name with other bytes is held until a person accepts it; a statement told anew is recorded with what
-- changed; a line of a known id with another amount is kept aside beside the one it contradicts; a break in the chain of
-- balances has a name. The amounts of a file are accounted for by currency, as its entries are by number.

alter table tieout.source_file
  drop constraint source_file_state_is_known,
  drop constraint source_file_rejection_has_a_reason,
  add column accepted_as_revision_of_file_no bigint,
  add column accepted_by text,
  add column accepted_at timestamptz,
  add constraint source_file_state_is_known check (state in ('received', 'loaded', 'rejected', 'held')),
  add constraint source_file_kept_aside_has_a_reason check ((state in ('rejected', 'held')) = (reason_code is not null)),
  add constraint source_file_acceptance_is_whole check (
    num_nulls(accepted_as_revision_of_file_no, accepted_by, accepted_at) in (0, 3)
  );
create index source_file_by_name on tieout.source_file (book_id, source, name);

alter table tieout.file_delivery
  drop constraint file_delivery_outcome_is_known,
  add constraint file_delivery_outcome_is_known check (outcome in ('loaded', 'duplicate', 'rejected', 'held'));
create index file_delivery_by_name on tieout.file_delivery (book_id, name);

alter table tieout.file_total
  add column loaded_minor bigint,
  add column duplicate_minor bigint,
  add column rejected_minor bigint,
  add constraint file_total_is_whole check (num_nulls(loaded_minor, duplicate_minor, rejected_minor) in (0, 3)),
  add constraint file_total_loses_nothing check (
    loaded_minor is null or amount_minor = loaded_minor + duplicate_minor + rejected_minor + ignored_minor
  );

alter table tieout.statement
  add column chain_break text,
  add column expected_opening_minor bigint,
  add constraint statement_chain_break_is_known check (
    chain_break in ('gap', 'overlap', 'fork', 'rewind', 'out-of-order')
  ),
  add constraint statement_chain_break_fits_the_chain check (
    chain_break is null or (chain = 'discontinuous') = (chain_break <> 'out-of-order')
  );

alter table tieout.rejection add column currency text;

alter table tieout.batch_total add column lines bigint;
create index batch_total_by_batch on tieout.batch_total (book_id, merchant, batch);

create table tieout.identity_conflict (
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
  primary key (book_id, file_no, ordinal)
);
comment on table tieout.identity_conflict is
  'A rejected line: its id is known with another amount, currency or type. Beside the entry it contradicts. Written by ingest.';

create table tieout.restatement (
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
  primary key (book_id, file_no, restatement_no),
  constraint restatement_of_a_bank_names_the_statements check (
    kind <> 'bank-statement' or num_nulls(statement_no, of_statement_no) = 0
  )
);
create index restatement_by_original on tieout.restatement (book_id, of_file_no, of_statement_no);
comment on table tieout.restatement is
  'Which statement, or batch of a settlement report, tells a known one anew with other content. Written by ingest.';

create table tieout.restatement_line (
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
  primary key (book_id, file_no, restatement_no, line_no),
  constraint restatement_line_change_has_its_sides check (
    (change = 'added' and ordinal is not null and of_ordinal is null)
    or (change = 'removed' and ordinal is null and of_ordinal is not null)
    or (change = 'changed' and ordinal is not null and of_ordinal is not null)
  )
);
comment on table tieout.restatement_line is
  'What a restated statement says otherwise, line by line: added, removed, or changed with both amounts. Written by ingest.';

alter table tieout.restatement add constraint restatement_source_file_fk
  foreign key (book_id, file_no) references tieout.source_file (book_id, file_no);
