import { generateKeyPairSync } from 'node:crypto';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { exportSeals, sealDigest } from '../../src/audit/export-seals.ts';
import {
  exportedChain,
  findRenamedAccount,
  readExportHeader,
} from '../../src/audit/exported-chain.ts';
import { listActs, type RecordedAct } from '../../src/audit/list-acts.ts';
import { type SealOutcome, sealJournals } from '../../src/audit/seal.ts';
import { type KeptSeals, readKeptSeals } from '../../src/audit/seal-anchor.ts';
import {
  findSealKey,
  type PublicSealKey,
  readPublicKey,
  type SealKeyOptions,
  sealKeyOf,
} from '../../src/audit/seal-key.ts';
import { findStray, storedChain } from '../../src/audit/stored-chain.ts';
import { type ChainVerdict, verifyChain } from '../../src/audit/verify-chain.ts';
import type { Config } from '../../src/config.ts';
import { EXIT_DIFFERENCES, OperationalError } from '../../src/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { writePieces } from '../export-output.ts';
import { printJson, printTable } from '../print.ts';
import { printable } from '../record-output.ts';
import { type BookOptions, inSession, type Session, withBook } from '../session.ts';

interface ExportOptions extends BookOptions {
  readonly output?: string;
  readonly digest?: boolean;
}

interface VerifyOptions extends BookOptions {
  readonly against?: string;
  readonly export?: string;
  readonly publicKey?: readonly string[];
}

interface LogOptions extends BookOptions {
  readonly object?: string;
  readonly actor?: string;
  readonly request?: string;
  readonly limit: string;
}

/** `tieout audit`: seals that show whether the books were tampered with, and who did what. */
export function auditCommand(context: CommandContext): Command {
  const audit = new Command('audit')
    .description('seals of the journals, and who did what')
    .exitOverride();
  withBook(audit.command('seal').description('seal the journals that are not sealed yet')).action(
    (options: BookOptions) => seal(context, options),
  );
  withBook(audit.command('export').description('everything sealed as NDJSON, to be kept elsewhere'))
    .option('--digest', 'only the roots, counts and sums')
    .option('-o, --output <file>', 'write to a file')
    .action((options: ExportOptions) => exportAll(context, options));
  withBook(audit.command('verify').description('recompute the seals and name the first breach'))
    .option('--against <file>', 'a digest or an export that was kept elsewhere')
    .option('--export <file>', 'verify this export instead of the database')
    .option(
      '--public-key <file>',
      'trust this key only; may be given several times',
      (file: string, files: readonly string[] = []) => [...files, file],
    )
    .action((options: VerifyOptions) => verify(context, options));
  withBook(audit.command('log').description('who did what, newest first'))
    .option('--object <type[:id]>', 'to objects of this type, or to this one')
    .option('--actor <actor>', 'by this person or program')
    .option('--request <id>', 'for this request')
    .option('--limit <acts>', 'at most so many', '200')
    .action((options: LogOptions) => log(context, options));
  return audit;
}

async function seal(context: CommandContext, options: BookOptions): Promise<void> {
  const total = await inSession(context, options, ({ config, db, bookId }) => {
    const newKey = () => generateKeyPairSync('ed25519').privateKey;
    const key = sealKeyOf({ ...keyOptions(config), newKey });
    return sealAll(() =>
      db.transaction((tx) => sealJournals(tx, { bookId, key, now: context.now() })),
    );
  });
  const { blocks, journals, postings } = total;
  await (options.json
    ? printJson(context, { schema: 'tieout.audit-seal/1', blocks, journals, postings })
    : context.out(`${journals} journals with ${postings} postings sealed in ${blocks} blocks\n`));
}

/** A transaction for some blocks, again and again: the first seal of a large book is not one transaction. */
async function sealAll(sealSome: () => Promise<SealOutcome>): Promise<SealOutcome> {
  let total = await sealSome();
  while (total.isFull) {
    const next = await sealSome();
    total = {
      blocks: total.blocks + next.blocks,
      journals: total.journals + next.journals,
      postings: total.postings + next.postings,
      isFull: next.isFull,
    };
  }
  return total;
}

function keyOptions(config: Config): SealKeyOptions {
  return { file: config.sealKeyFile, stateDirectory: config.stateDirectory };
}

async function exportAll(context: CommandContext, options: ExportOptions): Promise<void> {
  const file = options.output === undefined ? undefined : resolve(context.cwd, options.output);
  await inSession(context, options, async ({ config, db, bookId }) => {
    const key = findSealKey(keyOptions(config));
    const what = { bookId, book: config.book, keys: key === undefined ? [] : [key.publicKey] };
    await db.read((tx) => {
      const digest = async function* () {
        yield `${JSON.stringify(await sealDigest(tx, what))}\n`;
      };
      return writePieces(context, options.digest ? digest() : exportSeals(tx, what), file);
    });
  });
}

async function verify(context: CommandContext, options: VerifyOptions): Promise<void> {
  const path = (file: string) => resolve(context.cwd, file);
  const kept =
    options.against === undefined ? undefined : await readKeptSeals(path(options.against));
  const given = options.publicKey?.map((file) => readPublicKey(path(file)));
  const verdict =
    options.export === undefined
      ? await inSession(context, options, (session) => verifyStored(session, kept, given))
      : await verifyExport(path(options.export), kept, given);
  if (verdict.breach !== undefined) context.setExitCode(EXIT_DIFFERENCES);
  await (options.json
    ? printJson(context, verdictJson(verdict))
    : context.out(`${printable(verdictText(verdict))}\n`));
}

async function verifyStored(
  { config, db, bookId }: Session,
  kept: KeptSeals | undefined,
  given: readonly PublicSealKey[] | undefined,
): Promise<ChainVerdict> {
  const keys = given ?? kept?.keys ?? ownKeys(config);
  return await db.read(async (tx) => {
    const blocks = storedChain(tx, bookId);
    const verdict = await verifyChain({ bookId, blocks, keys, ...anchorOf(kept) });
    const stray = verdict.breach ?? (await findStray(tx, bookId));
    return stray === undefined ? verdict : { ...verdict, breach: stray };
  });
}

function ownKeys(config: Config): readonly PublicSealKey[] {
  const key = findSealKey(keyOptions(config));
  return key === undefined ? [] : [key.publicKey];
}

async function verifyExport(
  file: string,
  kept: KeptSeals | undefined,
  given: readonly PublicSealKey[] | undefined,
): Promise<ChainVerdict> {
  const header = await readExportHeader(file);
  const keys = given ?? kept?.keys ?? header.keys;
  const blocks = exportedChain(file);
  const verdict = await verifyChain({ bookId: header.bookId, blocks, keys, ...anchorOf(kept) });
  const renamed = verdict.breach ?? (await findRenamedAccount(file));
  return renamed === undefined ? verdict : { ...verdict, breach: renamed };
}

function anchorOf(kept: KeptSeals | undefined): Pick<KeptSeals, 'anchor'> | Record<string, never> {
  return kept === undefined ? {} : { anchor: kept.anchor };
}

function verdictJson({ blocks, journals, breach }: ChainVerdict): object {
  return {
    schema: 'tieout.audit-verify/1',
    whole: breach === undefined,
    blocks: Number(blocks),
    journals: Number(journals),
    breach:
      breach === undefined
        ? null
        : {
            fault: breach.fault,
            block: breach.blockNo === null ? null : Number(breach.blockNo),
            leaf: breach.leafNo === null ? null : Number(breach.leafNo),
            journal: breach.journalId,
            key: breach.key,
            text: breach.text,
          },
  };
}

function verdictText({ blocks, journals, breach }: ChainVerdict): string {
  if (breach === undefined)
    return `${journals} journals in ${blocks} blocks are as they were sealed`;
  const place = [
    breach.blockNo === null ? [] : `block ${breach.blockNo}`,
    breach.leafNo === null ? [] : `leaf ${breach.leafNo}`,
    breach.journalId === null ? [] : `journal ${breach.journalId}`,
    breach.key === null ? [] : `key ${breach.key}`,
  ].flat();
  const where = place.length === 0 ? '' : ` (${place.join(', ')})`;
  return `BROKEN ${breach.fault}: ${breach.text}${where}; before it ${journals} journals in ${blocks} blocks are as they were sealed`;
}

async function log(context: CommandContext, options: LogOptions): Promise<void> {
  if (!/^\d{1,9}$/.test(options.limit))
    throw new OperationalError('usage', '--limit must be a number of acts');
  const acts = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) =>
      listActs(tx, {
        bookId,
        limit: Number(options.limit),
        ...(options.object === undefined ? {} : { object: options.object }),
        ...(options.actor === undefined ? {} : { actor: options.actor }),
        ...(options.request === undefined ? {} : { request: options.request }),
      }),
    ),
  );
  if (options.json) {
    await printJson(context, { schema: 'tieout.audit-log/1', acts: acts.map(actJson) });
    return;
  }
  const rows = acts.map((act) => [
    act.happenedAt.toISOString(),
    act.actor,
    act.action,
    `${act.objectType}:${act.objectId}`,
    act.reason ?? '',
    act.requestId ?? '',
  ]);
  await printTable(context, ['at', 'actor', 'action', 'object', 'reason', 'request'], rows);
}

function actJson(act: RecordedAct): object {
  return {
    id: act.eventId,
    at: act.happenedAt.toISOString(),
    actor: act.actor,
    action: act.action,
    object_type: act.objectType,
    object_id: act.objectId,
    reason: act.reason,
    before: act.before === null ? null : JSON.stringify(act.before),
    after: act.after === null ? null : JSON.stringify(act.after),
    request: act.requestId,
  };
}
