import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { EXIT_CODE, OperationalError } from '../../src/errors.ts';
import { ADJUSTMENT_ACCOUNTS, type AdjustmentType } from '../../src/hand-config.ts';
import { actByHand, type HandResult } from '../../src/pipeline/by-hand.ts';
import { actOnException, type StateAct } from '../../src/pipeline/exception-state.ts';
import type { Force, HandAct, OverrideReason } from '../../src/pipeline/hand-acts.ts';
import { amountOption, choiceOption, currencyOption } from '../amount-options.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson } from '../print.ts';
import {
  actor,
  type BookOptions,
  businessDateOption,
  codeVersion,
  inSession,
  processIdentity,
  runIdOption,
  type Session,
  withBook,
} from '../session.ts';

interface ReasonOptions extends BookOptions {
  readonly reason: string;
  readonly by?: string;
}

interface ActOptions extends ReasonOptions {
  readonly date?: string;
  readonly plan?: boolean;
  readonly applyPlan?: string;
  readonly approvedBy?: string;
}

interface ForceOptions {
  readonly force?: string;
  readonly account?: string;
  readonly override?: string;
}

interface SideOptions {
  readonly entry?: readonly string[];
  readonly item?: readonly string[];
}

interface UnmatchOptions extends ActOptions {
  readonly entry?: string;
  readonly item?: string;
  readonly run?: string;
  readonly file?: string;
}

const OVERRIDES: readonly OverrideReason[] = [
  'POLICY_EXCEPTION',
  'OPS_APPROVAL',
  'CUSTOMER_DISPUTE',
  'DATA_CORRECTION',
];
const TYPES = Object.keys(ADJUSTMENT_ACCOUNTS) as AdjustmentType[];
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Adds to `tieout exceptions` what people do about them: acts that settle, and acts that only tell. */
export function addActCommands(exceptions: Command, context: CommandContext): void {
  addMatch(exceptions, context);
  addUnmatch(exceptions, context);
  addDecisions(exceptions, context);
  addSplit(exceptions, context);
  addWriteOff(exceptions, context);
  addStates(exceptions, context);
}

function addMatch(exceptions: Command, context: CommandContext): void {
  withForce(
    withAct(exceptions.command('match').description('tie entries and items that belong together')),
  )
    .argument('[exception...]', 'exceptions whose entries and items are tied')
    .option('--entry <file:ordinal...>', 'an entry, as "exceptions show" names it')
    .option('--item <id...>', 'an open item')
    .action(async (ids: string[], options: ActOptions & ForceOptions & SideOptions) => {
      const force = options.force === undefined ? undefined : forceOf(options, options.force);
      await act(context, options, () => ({
        kind: 'match',
        exceptions: ids.map(idOption),
        entries: (options.entry ?? []).map(entryOption),
        items: (options.item ?? []).map(idOption),
        ...(force === undefined ? {} : { force }),
      }));
    });
}

function addUnmatch(exceptions: Command, context: CommandContext): void {
  withAct(exceptions.command('unmatch').description('undo matches; money goes back to suspense'))
    .argument('[match...]', 'the ids of the matches')
    .option('--entry <file:ordinal>', 'the match of this entry')
    .option('--item <id>', 'the match of this item')
    .option('--run <run>', 'everything that this run tied')
    .option('--file <name-or-sha256>', 'everything that the entries of this file are tied to')
    .action(async (groups: string[], options: UnmatchOptions) => {
      const { entry, item, run, file } = options;
      const ways = [entry, item, run, file].filter((way) => way !== undefined).length;
      if (ways + (groups.length > 0 ? 1 : 0) !== 1)
        throw new OperationalError(
          'usage',
          'name matches, or one of --entry, --item, --run, --file',
        );
      await act(context, options, () => ({
        kind: 'unmatch',
        ...(groups.length === 0 ? {} : { groups: groups.map(idOption) }),
        ...(entry === undefined ? {} : { entry: entryOption(entry) }),
        ...(item === undefined ? {} : { item: idOption(item) }),
        ...(run === undefined ? {} : { run: runIdOption(run) }),
        ...(file === undefined ? {} : { file }),
      }));
    });
}

function addDecisions(exceptions: Command, context: CommandContext): void {
  for (const kind of ['confirm', 'reject'] as const) {
    withAct(exceptions.command(kind).description(`${kind} a match that is suggested`))
      .argument('<id>', 'the exception, or the match itself')
      .action(async (id: string, options: ActOptions) => {
        await act(context, options, () => ({ kind, target: idOption(id) }));
      });
  }
}

function addSplit(exceptions: Command, context: CommandContext): void {
  withAct(exceptions.command('split').description('open an item again in parts'))
    .argument('<item>', 'the open item')
    .argument('<part...>', 'the parts in major units, with the sign of the item')
    .option('--currency <currency>', 'of the parts; default the one of the book')
    .action(
      async (
        item: string,
        parts: string[],
        options: ActOptions & { readonly currency?: string },
      ) => {
        await act(context, options, ({ config }) => {
          const currency = currencyOption(options.currency, config);
          return {
            kind: 'split',
            item: idOption(item),
            partsMinor: parts.map((part) => amountOption('part', part, currency)),
          };
        });
      },
    );
}

function addWriteOff(exceptions: Command, context: CommandContext): void {
  withForce(
    withAct(
      exceptions
        .command('write-off')
        .description('close an item against an account, or say of an entry what it was'),
    ),
  )
    .argument('[exception]', 'the exception of the item or entry')
    .option('--entry <file:ordinal>', 'an entry')
    .option('--item <id>', 'an open item')
    .action(
      async (
        id: string | undefined,
        options: ActOptions & ForceOptions & { readonly entry?: string; readonly item?: string },
      ) => {
        const { entry, item } = options;
        if ([id, entry, item].filter((one) => one !== undefined).length !== 1)
          throw new OperationalError('usage', 'name an exception, or one of --entry and --item');
        const force = forceOf(options, options.force ?? 'WRITE_OFF');
        await act(context, options, () => ({
          kind: 'write-off',
          force,
          ...(id === undefined ? {} : { exception: idOption(id) }),
          ...(entry === undefined ? {} : { entry: entryOption(entry) }),
          ...(item === undefined ? {} : { item: idOption(item) }),
        }));
      },
    );
}

function addStates(exceptions: Command, context: CommandContext): void {
  const command = (name: string, description: string) =>
    withReason(withBook(exceptions.command(name).description(description))).argument(
      '<exception>',
      'the id of the exception',
    );
  command('assign', 'say who looks after an exception')
    .requiredOption('--to <owner>', 'who does')
    .action((id: string, options: ReasonOptions & { readonly to: string }) =>
      tellState(context, id, { kind: 'assign', owner: options.to }, options),
    );
  command('comment', 'keep a remark in the audit log').action(
    (id: string, options: ReasonOptions) => tellState(context, id, { kind: 'comment' }, options),
  );
  command('resolve', 'close an exception that needs nothing more')
    .option('--pending', 'it is taken care of, and not done yet')
    .action((id: string, options: ReasonOptions & { readonly pending?: boolean }) =>
      tellState(context, id, { kind: 'resolve', isPending: options.pending === true }, options),
    );
}

function withReason(command: Command): Command {
  return command
    .requiredOption('--reason <reason>', 'why, for the audit log')
    .option('--by <name>', 'who acts; default the user of the operating system');
}

function withAct(command: Command): Command {
  return withReason(withBook(command))
    .option('--date <date>', 'the business date; default today in the zone of the book')
    .option('--plan', 'do everything, prove it, and roll it back; prints the hash of the plan')
    .option('--apply-plan <hash>', 'apply the plan of somebody else, if it still has this hash')
    .option('--approved-by <name>', 'who approves it; default the user of the operating system');
}

function withForce(command: Command): Command {
  return command
    .option('--force <type>', `what the difference is: ${TYPES.join(', ')}`)
    .option('--account <code>', 'where it is booked; default as configured under adjustments')
    .option('--override <reason>', `on what ground: ${OVERRIDES.join(', ')}`, 'OPS_APPROVAL');
}

function forceOf({ account, override }: ForceOptions, type: string): Force {
  return {
    type: choiceOption('--force', type, TYPES),
    ...(account === undefined ? {} : { account }),
    overrideReason: choiceOption('--override', override ?? '', OVERRIDES),
  };
}

async function act(
  context: CommandContext,
  options: ActOptions,
  actOf: (session: Session) => HandAct,
): Promise<void> {
  if (options.plan && options.applyPlan !== undefined)
    throw new OperationalError('usage', '--plan and --apply-plan exclude each other');
  if (options.approvedBy !== undefined && options.applyPlan === undefined)
    throw new OperationalError('usage', '--approved-by goes with --apply-plan');
  await inSession(context, options, async (session) => {
    const result = await actByHand(session.db, actOf(session), {
      config: session.config,
      businessDate: businessDateOption(options.date, context, session.config),
      now: context.now,
      newOperationId: randomUUID,
      ...processIdentity(),
      codeVersion: codeVersion(),
      by: options.by ?? actor(),
      because: reasonOf(options),
      isPlan: options.plan === true,
      ...(options.applyPlan === undefined
        ? {}
        : { approved: { plan: options.applyPlan, by: options.approvedBy ?? actor() } }),
    });
    if (result.state === 'awaiting-approval') {
      context.setExitCode(EXIT_CODE.not_permitted);
      context.note(
        `above the limit of one person: somebody else may repeat this with --apply-plan ${result.plan_hash} --approved-by NAME`,
      );
    }
    await (options.json ? printJson(context, result) : context.out(`${sentenceOf(result)}\n`));
  });
}

function sentenceOf({ state, act: kind, run, groups, journals, plan_hash }: HandResult): string {
  if (state === 'unchanged') return `${kind}: done before, nothing changed`;
  const what = `${kind}: ${groups.length} match${groups.length === 1 ? '' : 'es'}, ${journals.created} journals`;
  const ids = groups.slice(0, 10).map((id) => `\n  ${id}`);
  if (state === 'applied') return `${what}, run ${run}${ids.join('')}`;
  return `${what}, planned and not kept: ${plan_hash}`;
}

async function tellState(
  context: CommandContext,
  id: string,
  stateAct: StateAct,
  options: ReasonOptions,
): Promise<void> {
  await inSession(context, options, async ({ db, bookId }) => {
    const told = await actOnException(db, stateAct, {
      bookId,
      id,
      by: options.by ?? actor(),
      because: reasonOf(options),
      now: context.now(),
    });
    const owner = told.owner === null ? '' : `, ${told.owner}`;
    const sentence = told.changed
      ? `${told.act}: exception ${told.id} is ${told.state}${owner}`
      : `${told.act}: done before, nothing changed`;
    await (options.json ? printJson(context, told) : context.out(`${sentence}\n`));
  });
}

function reasonOf({ reason }: ReasonOptions): string {
  if (reason.trim() !== '') return reason;
  throw new OperationalError('usage', '--reason is empty');
}

function idOption(text: string): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw new OperationalError('usage', `"${text}" is not the id of an exception, item or match`);
}

/** As `exceptions show` names an entry, or with a colon. */
function entryOption(text: string): { readonly fileNo: bigint; readonly ordinal: bigint } {
  const [, fileNo, ordinal] = /^(\d{1,9})[:/](\d{1,18})$/.exec(text) ?? [];
  if (fileNo !== undefined && ordinal !== undefined)
    return { fileNo: BigInt(fileNo), ordinal: BigInt(ordinal) };
  throw new OperationalError('usage', `"${text}" is not an entry, for example 12:345`);
}
