-- One book after its second run: a batch paid in full, a batch paid short, a file refused, one exception resolved since.
insert into tieout.book values (7, 'acme', 'EUR', 'Europe/Berlin', '2026-01-01T00:00:00Z');
insert into tieout.book values (8, 'other', 'EUR', 'Europe/Berlin', '2026-01-01T00:00:00Z');
insert into tieout.run values
  (7, 1, 'APPLIED', '2026-03-05', '2026-03-05T19:00:00Z', '2026-03-05T19:00:01Z', 'host', 1, '0.1.0', null, null),
  (7, 2, 'APPLIED', '2026-03-06', '2026-03-06T19:00:00Z', '2026-03-06T19:00:01Z', 'host', 1, '0.1.0',
   '{"proof":{"closes":true,"equations":[{"id":"entries","text":"read = loaded","left":"3","right":"3","closes":true}]}}', null),
  (8, 2, 'APPLIED', '2026-03-06', '2026-03-06T19:00:00Z', null, 'host', 1, '0.1.0', null, null);
insert into tieout.account
select book_id, tieout.account_id(code, 'EUR'), code, 'EUR', code, type, 'debit', code like 'assets:_n-%' or code like 'assets:receivable%', 'active', '2026-01-01T00:00:00Z'
from (values (7), (8)) book (book_id)
cross join (values
  ('assets:bank:main', 'asset'), ('assets:in-transit:adyen', 'asset'), ('assets:receivable:adyen', 'asset'),
  ('expenses:fees:adyen:markup', 'expense')
) chart (code, type);
insert into tieout.source_file (
  book_id, file_no, sha256, name, size_bytes, source, format, state, received_at, entries_read, entries_loaded,
  entries_duplicate, entries_rejected, entries_ignored, diagnostics, reason_code, reason_text
) values
  (7, 1, 'a', 'batch_1.csv', 10, 'adyen', 'csv:adyen-settlement-details', 'loaded', '2026-03-06T18:00:00Z', 3, 3, 0, 0, 0, 0, null, null),
  (7, 2, 'b', 'bad.sta', 10, null, 'mt940', 'rejected', '2026-03-06T18:00:00Z', 0, 0, 0, 0, 0, 0, 'TRUNCATED', 'file ends early'),
  (7, 3, 'c', 'bank.xml', 10, 'house-bank', 'camt.053', 'loaded', '2026-03-06T18:00:00Z', 2, 2, 0, 0, 0, 0, null, null),
  (8, 1, 'd', 'other.csv', 10, 'adyen', 'csv:adyen-settlement-details', 'loaded', '2026-03-06T18:00:00Z', 9, 9, 0, 0, 0, 0, null, null);
insert into tieout.matched_file (book_id, file_no, run_id) values (7, 1, 2), (7, 3, 2), (8, 1, 2);
insert into tieout.file_delivery values
  (7, 2, 1, 'batch_1.csv', 1, 'loaded'),
  (7, 2, 2, 'bad.sta', 2, 'rejected'),
  (7, 2, 3, 'copy of batch_1.csv', 1, 'duplicate'),
  (8, 2, 1, 'other.csv', 1, 'loaded');
insert into tieout.statement (book_id, file_no, statement_no, kind, account, currency, credits_minor, debits_minor, entries, chain, line)
values (7, 1, 1, 'settlement-report', 'Shop', 'EUR', 0, 0, 3, 'unchained', 1);
insert into tieout.entry (
  book_id, file_no, ordinal, statement_no, type, status, currency, amount_minor, gross_minor, fee_commission_minor,
  fee_markup_minor, fee_scheme_minor, fee_interchange_minor, fee_other_minor, is_reversal, batch, identity,
  is_identity_unique, details, line, is_counted
) values
  (7, 1, 1, 1, 'payment', 'booked', 'EUR', 990, 1000, 0, 10, 0, 0, 0, false, '1', 'a', true, 0, 2, true),
  (7, 1, 2, 1, 'payment', 'booked', 'EUR', 490, 500, 0, 10, 0, 0, 0, false, '2', 'b', true, 0, 3, true),
  (7, 1, 3, 1, 'payment', 'booked', 'EUR', 490, 500, 0, 10, 0, 0, 0, false, '2', 'b', true, 0, 4, false);
insert into tieout.batch_total values
  (7, 1, 'Shop', '1', 'EUR', 1, 990, 990, 0, 0),
  (7, 1, 'Shop', '2', 'EUR', 1, 490, 490, 0, 0);
insert into tieout.settlement_batch values
  (7, '00000000-0000-0000-0000-000000000001', 'adyen', 'Shop', '1', 'EUR', 1, 1000, 10, 0, 10, 0, 0, 0, 0, 990, 990, 1),
  (7, '00000000-0000-0000-0000-000000000002', 'adyen', 'Shop', '2', 'EUR', 1, 500, 10, 0, 10, 0, 0, 0, 0, 490, 490, 2),
  (7, '00000000-0000-0000-0000-000000000003', 'adyen', 'Shop', '0', 'EUR', 1, 500, 10, 0, 10, 0, 0, 0, 0, 490, 490, 1);
insert into tieout.journal (book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, description, run_id, created_by)
values
  (7, '2026-03-05', '019cb1bd-1000-8000-a000-00000a000000', 's|1', 'settlement', '2026-03-04', '2026-03-05T19:00:00Z', '1', 'batch 1', 1, 'test'),
  (7, '2026-03-06', '019cb1bd-1000-8000-a000-00000b000000', 's|2', 'settlement', '2026-03-05', '2026-03-06T19:00:00Z', '2', 'batch 2', 2, 'test');
insert into tieout.posting
select 7, booked_on, journal_id::uuid, seq, 'settled', tieout.account_id(debit, 'EUR'), tieout.account_id('assets:receivable:adyen', 'EUR'),
       'EUR', amount_minor, '2026-03-05', seq = 1, false
from (values
  ('2026-03-05'::date, '019cb1bd-1000-8000-a000-00000a000000', 1, 'assets:in-transit:adyen', 990),
  ('2026-03-06'::date, '019cb1bd-1000-8000-a000-00000b000000', 1, 'assets:in-transit:adyen', 490),
  ('2026-03-06'::date, '019cb1bd-1000-8000-a000-00000b000000', 2, 'expenses:fees:adyen:markup', 4),
  ('2026-03-06'::date, '019cb1bd-1000-8000-a000-00000b000000', 3, 'expenses:fees:adyen:markup', 6)
) made (booked_on, journal_id, seq, debit, amount_minor);
insert into tieout.settlement_journal values
  (7, '019cb1bd-1000-8000-a000-00000a000000', '2026-03-05', 'settlement', 1, null, '00000000-0000-0000-0000-000000000001', 1),
  (7, '019cb1bd-1000-8000-a000-00000b000000', '2026-03-06', 'settlement', 1, null, '00000000-0000-0000-0000-000000000002', 2);
insert into tieout.open_item
select 7, item_id::uuid, tieout.account_id(code, 'EUR'), 'EUR', amount_minor, 'settlement', reference, null, effective_date::date, '2026-03-06', journal_id::uuid, 2
from (values
  ('019cb1bd-1000-8000-a000-00000b000002', 'assets:in-transit:adyen', 490, '2', '2026-03-05', '019cb1bd-1000-8000-a000-00000b000000'),
  ('019cb1bd-1000-8000-a000-00000c000002', 'assets:receivable:adyen', 700, 'ORD-1', '2026-03-05', '019cb1bd-1000-8000-a000-00000c000000'),
  ('019cb1bd-1000-8000-a000-00000d000002', 'assets:receivable:adyen', 300, 'ORD-2', '2026-02-24', '019cb1bd-1000-8000-a000-00000d000000')
) item (item_id, code, amount_minor, reference, effective_date, journal_id);
insert into tieout.balance_day
select book_id, tieout.account_id(code, 'EUR'), effective_date::date, '2026-03-06', debits_minor, credits_minor
from (values
  (7, 'assets:receivable:adyen', '2026-02-24', 2500, 0),
  (7, 'assets:receivable:adyen', '2026-03-05', 0, 1500),
  (7, 'assets:receivable:adyen', '2026-03-09', 50, 0),
  (8, 'assets:receivable:adyen', '2026-03-05', 77, 0)
) day (book_id, code, effective_date, debits_minor, credits_minor);
insert into tieout.match_group (
  book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at, closed_in_run, decided_by,
  decided_at, decided_because
) values
  (7, '00000001-0000-0000-0000-000100000001', 1, 'reference', 'UNIQUE', 1, 'confirmed', 2, '2026-03-06T19:00:00Z', null, null, null, null),
  (7, '00000003-0000-0000-0000-000100000002', 2, 'payout-text', 'UNIQUE', 1, 'confirmed', 2, '2026-03-06T19:00:00Z', null, null, null, null),
  (7, '00000001-0000-0000-0000-000200000001', 1, 'reference', 'UNIQUE', 1, 'revoked', 2, '2026-03-06T19:00:00Z', 2, 'treasurer', '2026-03-06T19:00:00Z', 'wrong');
insert into tieout.match_member values
  (7, '00000001-0000-0000-0000-000100000001', 1, 2, 1, 1, null, null, null, true),
  (7, '00000001-0000-0000-0000-000100000001', 2, 2, null, null, '019cb1bd-1000-8000-a000-00000f000002', tieout.account_id('assets:receivable:adyen', 'EUR'), 1000, true),
  (7, '00000003-0000-0000-0000-000100000002', 1, 2, 3, 1, '019cb1bd-1000-8000-a000-00000a000002', tieout.account_id('assets:in-transit:adyen', 'EUR'), 990, true),
  (7, '00000001-0000-0000-0000-000200000001', 1, 2, 1, 2, '019cb1bd-1000-8000-a000-00000e000002', tieout.account_id('assets:receivable:adyen', 'EUR'), 1000, false);
insert into tieout.exception_item (
  book_id, exception_id, code, severity, state, source, account_code, currency, amount_minor, difference_minor, reference,
  batch, file_no, ordinal, item_id, line, element, value_date, opened_in_run, closed_in_run, owner, text
) values
  (7, '00000000-0000-0000-0000-00000000000a', 'SET_PAYOUT_SHORT', 'high', 'ASSIGNED', 'adyen', 'assets:in-transit:adyen', 'EUR', 450, -40, '2',
   '2', 3, 2, null, 63, 'Stmt[1]/Ntry[2]', '2026-03-05', 2, null, 'dana', 'got {amount}, {expected} expected, {difference} off'),
  (7, '00000000-0000-0000-0000-00000000000b', 'DUP_WITHIN_FILE', 'low', 'OPEN', 'adyen', null, 'EUR', 500, null, 'ORD-9',
   '2', 1, 3, null, 4, null, '2026-02-27', 2, null, null, 'twice'),
  (7, '00000000-0000-0000-0000-00000000000c', 'UNM_IN_SETTLEMENT', 'low', 'RESOLVED', 'adyen', null, 'EUR', -9000, null, 'ORD-3',
   null, null, null, null, null, null, '2026-02-20', 1, 2, null, 'came late'),
  (7, '00000000-0000-0000-0000-00000000000d', 'FIL_INVALID', 'high', 'OPEN', null, null, null, null, null, 'bad.sta',
   null, 2, null, null, null, null, null, 2, null, null, 'worth {amount}'),
  (8, '00000000-0000-0000-0000-00000000000e', 'UNM_IN_LEDGER', 'low', 'OPEN', 'adyen', null, 'EUR', 1, null, 'X',
   null, null, null, null, null, null, null, 2, null, null, 'of another book');
