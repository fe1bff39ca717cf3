import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT_DIFFERENCES, EXIT_FILES_KEPT_ASIDE, OperationalError } from '../../src/errors.ts';
import { type ImportOutcome, importPayments } from '../../src/ledger/import-payments.ts';
import { type JournalLine, listJournals } from '../../src/ledger/journals.ts';
import { type LedgerCheck, verifyLedger } from '../../src/ledger/verify.ts';
import { formatAmount } from '../../src/money.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { printable } from '../record-output.ts';
import { regularFile } from '../regular-file.ts';
import {
  actor,
  type BookOptions,
  inSession,
  postOptions,
  runIdOption,
  tokenKey,
  withBook,
} from '../session.ts';
import { addAccountCommands } from './ledger-accounts.ts';
import { addConvertCommand } from './ledger-convert.ts';
import { addHoldCommands } from './ledger-holds.ts';
import { addPeriodCommands } from './ledger-periods.ts';
import { addPositionsCommand } from './ledger-positions.ts';
import { addLedgerReads } from './ledger-reads.ts';
import { addReverseCommand } from './ledger-reverse.ts';
import { addPostCommand } from './ledger-writes.ts';

/** `tieout ledger`: the books themselves. */
export function ledgerCommand(context: CommandContext): Command {
  const ledger = new Command('ledger').description('the double-entry ledger').exitOverride();
  addLedgerReads(ledger, context);
  addAccountCommands(ledger, context);
  addPostCommand(ledger, context);
  addReverseCommand(ledger, context);
  addHoldCommands(ledger, context);
  addPeriodCommands(ledger, context);
  withBook(ledger.command('journals').description('journals with their postings, newest first'))
    .option('--kind <kind>', 'of this kind: capture, settlement, bank, …')
    .option('--reference <reference>', 'with this reference')
    .option('--run <run>', 'posted by this run')
    .option('--limit <postings>', 'at most so many postings', '200')
    .action((options: JournalOptions) => journals(context, options));
  withBook(ledger.command('import').description('post expected payments from a CSV file'))
    .argument('<file>', 'CSV with a header; see the README for its columns')
    .action((file: string, options: BookOptions) => importFile(context, file, options));
  withBook(ledger.command('verify').description('recompute the invariants of the books')).action(
    (options: BookOptions) => verify(context, options),
  );
  addConvertCommand(context, ledger);
  addPositionsCommand(context, ledger);
  return ledger;
}

interface JournalOptions extends BookOptions {
  readonly kind?: string;
  readonly reference?: string;
  readonly run?: string;
  readonly limit: string;
}

async function journals(context: CommandContext, options: JournalOptions): Promise<void> {
  if (!/^\d{1,9}$/.test(options.limit))
    throw new OperationalError('usage', '--limit must be a number of postings');
  const found = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) =>
      listJournals(tx, {
        bookId,
        limit: Number(options.limit),
        ...(options.kind === undefined ? {} : { kind: options.kind }),
        ...(options.reference === undefined ? {} : { reference: options.reference }),
        ...(options.run === undefined ? {} : { runId: runIdOption(options.run) }),
      }),
    ),
  );
  if (options.json) {
    await printJson(context, { schema: 'tieout.journals/1', postings: found.map(lineJson) });
    return;
  }
  const rows = found.map((line) => [
    line.effectiveDate,
    line.kind,
    line.layer === 'settled' ? '' : line.layer,
    line.reference ?? '',
    line.debit,
    line.credit,
    formatAmount(line.amountMinor, line.currency),
    line.currency,
  ]);
  await printTable(
    context,
    ['effective', 'kind', '', 'reference', 'debit', 'credit', '>amount', ''],
    rows,
  );
}

function lineJson(line: JournalLine): object {
  return {
    journal: line.journalId,
    key: line.key,
    kind: line.kind,
    effective_date: line.effectiveDate,
    reference: line.reference,
    description: line.description,
    run: line.runId === null ? null : Number(line.runId),
    seq: line.seq,
    layer: line.layer,
    debit: line.debit,
    credit: line.credit,
    currency: line.currency,
    amount_minor: String(line.amountMinor),
  };
}

async function importFile(
  context: CommandContext,
  file: string,
  options: BookOptions,
): Promise<void> {
  const path = await regularFile(resolve(context.cwd, file));
  const outcome = await inSession(context, options, (session) =>
    session.db.transaction(async (tx) => {
      const posting = await postOptions(tx, context, session);
      const key = tokenKey(session.config);
      // Opened last: an unreadable file tells so at once, to whoever listens.
      return await importPayments(tx, createReadStream(path), {
        ...posting,
        createdBy: actor(),
        sources: session.config.sources,
        tokenKey: key,
      });
    }),
  );
  if (outcome.unknownColumns !== undefined) {
    const names = outcome.unknownColumns.join(', ');
    context.note(printable(`tieout: ${file}:1 UNKNOWN_COLUMN ${names}: passed over`));
  }
  for (const { line, reason, message } of outcome.rejections)
    context.note(printable(`tieout: ${file}:${line} ${reason} ${message}`));
  if (outcome.rejections.length > 0) context.setExitCode(EXIT_FILES_KEPT_ASIDE);
  await (options.json ? printJson(context, importJson(outcome)) : context.out(importText(outcome)));
}

function importJson(outcome: ImportOutcome): object {
  return {
    schema: 'tieout.ledger-import/1',
    read: outcome.read,
    created: outcome.created,
    exists: outcome.exists,
    rejected: outcome.rejections.length,
    rejections: outcome.rejections,
    unknown_columns: outcome.unknownColumns ?? [],
  };
}

function importText(outcome: ImportOutcome): string {
  const { read, created, exists, rejections } = outcome;
  return `${read} payments read: ${created} posted, ${exists} in the ledger already, ${rejections.length} rejected\n`;
}

async function verify(context: CommandContext, options: BookOptions): Promise<void> {
  const checks = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => verifyLedger(tx, bookId)),
  );
  if (checks.some((check) => check.breaches > 0n)) context.setExitCode(EXIT_DIFFERENCES);
  if (options.json) {
    await printJson(context, { schema: 'tieout.ledger-verify/1', checks: checks.map(checkJson) });
    return;
  }
  const rows = checks.map((check) => [
    check.id,
    check.breaches === 0n ? 'holds' : 'BROKEN',
    check.text,
    String(check.checked),
    String(check.breaches),
    printable(check.example ?? ''),
  ]);
  const titles = ['check', '', 'what must be', '>checked', '>breaches', 'for example'];
  await printTable(context, titles, rows);
}

function checkJson(check: LedgerCheck): object {
  return {
    id: check.id,
    text: check.text,
    checked: Number(check.checked),
    breaches: Number(check.breaches),
    example: check.example,
  };
}
