import { Command } from 'commander';
import type { Logger } from 'pino';
import { lockBook } from '../../src/db/book-lock.ts';
import { EXIT_CODE, EXIT_FILES_KEPT_ASIDE } from '../../src/errors.ts';
import { type IngestedFile, ingest } from '../../src/ingest/ingest.ts';
import type { FileWarning } from '../../src/ingest/load-rows.ts';
import type { Restatement } from '../../src/ingest/restatement.ts';
import { registerSources } from '../../src/ingest/source.ts';
import { openBook } from '../../src/ledger/book.ts';
import { formatAmount, formatMoney } from '../../src/money.ts';
import type { CommandContext } from '../command-context.ts';
import { openLog } from '../log.ts';
import { printJson } from '../print.ts';
import { diagnosticAsText, printable } from '../record-output.ts';
import { isKeptAside } from '../run-output.ts';
import {
  acceptanceOf,
  type BookOptions,
  inSession,
  rawFolder,
  type Session,
  sourcesNamed,
  tokenKey,
  withAccept,
  withBook,
  withMaskedAccounts,
} from '../session.ts';
import { withInputPaths } from '../spooled-input.ts';

interface IngestCommandOptions extends BookOptions {
  readonly source?: string;
  readonly accept?: readonly string[];
  readonly raw?: boolean;
}

/** `tieout ingest`: loads files into the book, without matching them. */
export function ingestCommand(context: CommandContext): Command {
  return withAccept(withBook(new Command('ingest')))
    .description('parse, check and load files; what they hold is matched by the next run')
    .argument('<path...>', 'files, directories, or - for standard input')
    .option('--source <source>', 'the source the files come from; default found by content')
    .option('--no-raw', 'do not keep the delivered files in the state directory')
    .action(async (paths: string[], options: IngestCommandOptions) => {
      const files = await withInputPaths(context, paths, (found, scratchFolder) =>
        inSession(context, options, (session) =>
          load(context, session, { ...options, paths: found, scratchFolder }),
        ),
      );
      const log = openLog(context.env);
      for (const file of files) {
        for (const line of fileTexts(file)) context.note(line);
        logFile(log, file);
      }
      context.setExitCode(exitCodeOf(files));
      if (options.json)
        await printJson(context, { schema: 'tieout.ingest/1', files: files.map(fileJson) });
    });
}

async function load(
  context: CommandContext,
  { db, config: configured, bookId }: Session,
  options: IngestCommandOptions & {
    readonly paths: readonly string[];
    readonly scratchFolder: string;
  },
): Promise<IngestedFile[]> {
  const key = tokenKey(configured);
  const config = withMaskedAccounts(configured, key);
  const sources = sourcesNamed(config, options.source);
  await db.transaction(async (tx) => {
    await openBook(tx, { config, now: context.now() });
    await registerSources(tx, { bookId, sources: config.sources });
  });
  return await db.transaction(async (tx) => {
    await lockBook(tx, bookId);
    return await ingest(db, options.paths, {
      bookId,
      runId: 0n,
      sources,
      profiles: config.profiles,
      now: context.now(),
      rawFolder: rawFolder(config, options),
      tokenKey: key,
      scratchFolder: options.scratchFolder,
      ...acceptanceOf(options.accept),
    });
  });
}

/** 65 when the only file was refused, 3 when some were, or a file is held, or a record was kept aside. */
export function exitCodeOf(files: readonly IngestedFile[]): number {
  const refused = files.filter((file) => file.outcome === 'rejected').length;
  if (refused === files.length && files.length === 1) return EXIT_CODE.invalid_input;
  const isAside = files.some((file) => isKeptAside(file) || file.counts.rejected > 0n);
  return isAside ? EXIT_FILES_KEPT_ASIDE : 0;
}

/** What became of a file, or why and where it was refused; then a line for each statement that it restates. */
export function fileTexts(file: IngestedFile): readonly string[] {
  return [
    fileText(file),
    ...file.restatements.map((restatement) => restatementText(file, restatement)),
    ...file.warnings.map((warning) => warningText(file, warning)),
  ].map(printable);
}

function fileText(file: IngestedFile): string {
  if (file.refusal !== null) {
    const place = [file.name, file.refusal.line ?? undefined]
      .filter((part) => part !== undefined)
      .join(':');
    const element = file.refusal.element === null ? '' : ` ${file.refusal.element}`;
    return `tieout: ${place}${element} ${file.refusal.reason} ${file.refusal.message}; the file is ${file.outcome === 'held' ? 'held' : 'kept aside'}`;
  }
  const { loaded, duplicate, rejected, ignored } = file.counts;
  if (file.outcome === 'duplicate')
    return `${file.name}: known already, ${duplicate} entries not loaded again`;
  const parts = [`${loaded} entries loaded`];
  if (duplicate > 0n) parts.push(`${duplicate} duplicate`);
  if (rejected > 0n) parts.push(`${rejected} kept aside`);
  if (ignored > 0n) parts.push(`${ignored} ignored`);
  return `${file.name}: ${parts.join(', ')} (${file.format})`;
}

function warningText({ name }: IngestedFile, { first, count }: FileWarning): string {
  const more = count === 1 ? '' : ` (and ${count - 1} more)`;
  return `${diagnosticAsText(name, first)}${more}`;
}

function restatementText(file: IngestedFile, restatement: Restatement): string {
  const { kind, account, number, currency, ofName, added, removed, changed } = restatement;
  const money = (amountMinor: bigint) => formatMoney({ amountMinor, currency });
  const lines = (count: bigint) => `${count} ${count === 1n ? 'line' : 'lines'}`;
  const parts: string[] = [];
  if (added > 0n) parts.push(`${lines(added)} added (${money(restatement.addedMinor)})`);
  if (removed > 0n) parts.push(`${lines(removed)} removed (${money(restatement.removedMinor)})`);
  if (changed > 0n) {
    const { changedFromMinor, changedToMinor } = restatement;
    parts.push(
      `${lines(changed)} changed (from ${money(changedFromMinor)} to ${money(changedToMinor)})`,
    );
  }
  if (parts.length === 0) parts.push('the balances changed');
  const what = kind === 'settlement-report' ? 'batch' : 'statement';
  return `${file.name}: restates ${what} ${number} of ${account} from ${ofName}: ${parts.join(', ')}`;
}

/** Tells the log what became of a file: a warning when it is kept aside. */
export function logFile(log: Logger, file: IngestedFile): void {
  const { name, sha256, outcome, format, counts, refusal } = file;
  const entries = {
    read: Number(counts.read),
    loaded: Number(counts.loaded),
    rejected: Number(counts.rejected),
  };
  const facts = {
    file: printable(name),
    sha256,
    outcome,
    format,
    entries,
    reason: refusal?.reason,
  };
  if (refusal === null) log.info(facts, 'file');
  else log.warn(facts, 'file kept aside');
}

function fileJson(file: IngestedFile): object {
  const { read, loaded, duplicate, rejected, ignored } = file.counts;
  return {
    name: file.name,
    sha256: file.sha256,
    file_no: Number(file.fileNo),
    outcome: file.outcome,
    format: file.format,
    entries: {
      read: Number(read),
      loaded: Number(loaded),
      duplicate: Number(duplicate),
      rejected: Number(rejected),
      ignored: Number(ignored),
    },
    restatements: file.restatements.map(restatementJson),
    warnings: file.warnings.map(warningJson),
    refusal: file.refusal,
  };
}

function warningJson({ first, count }: FileWarning): object {
  const { code, message, locator } = first;
  return { code, message, line: locator.line, element: locator.element ?? null, count };
}

function restatementJson(restatement: Restatement): object {
  const { kind, account, number, currency, ofName, ofFileNo } = restatement;
  const text = (amountMinor: bigint) => formatAmount(amountMinor, currency);
  return {
    kind,
    account,
    number,
    currency,
    of: { name: ofName, file_no: Number(ofFileNo) },
    added: { lines: Number(restatement.added), amount: text(restatement.addedMinor) },
    removed: { lines: Number(restatement.removed), amount: text(restatement.removedMinor) },
    changed: {
      lines: Number(restatement.changed),
      from: text(restatement.changedFromMinor),
      to: text(restatement.changedToMinor),
    },
  };
}
