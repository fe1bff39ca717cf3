import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { recordAct } from '../../src/audit/audit-log.ts';
import { configFile, loadConfig } from '../../src/config.ts';
import { OperationalError } from '../../src/errors.ts';
import {
  type PackSource,
  retireRulePack,
  rulePackSources,
  type StoredRulePack,
  storedRulePacks,
} from '../../src/match/rules/packs.ts';
import { parseRulePack, rulePackOf } from '../../src/match/rules/parse-rule-pack.ts';
import type { Rule, RulePack } from '../../src/match/rules/rule.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { printable } from '../record-output.ts';
import { actor, type BookOptions, inSession, withBook } from '../session.ts';
import { addRulesBacktest } from './rules-backtest.ts';
import { addRulesMutate } from './rules-mutate.ts';
import { addRulesTest } from './rules-test.ts';

interface ShowOptions extends BookOptions {
  readonly packVersion?: string;
}

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

interface RetireOptions extends BookOptions {
  readonly reason: string;
}

/** A version of a pack: in force, used by a run, or both. */
interface ListedPack {
  readonly pack: RulePack;
  readonly isInForce: boolean;
  readonly stored?: StoredRulePack;
}

/** `tieout rules`: what is tied to what, and which versions of that were used. */
export function rulesCommand(context: CommandContext): Command {
  const rules = new Command('rules')
    .description('rule packs: what is tied to what, and how sure that must be')
    .exitOverride();
  withBook(
    rules
      .command('list', { isDefault: true })
      .description('the packs in force and the versions that runs have used'),
  ).action((options: BookOptions) => list(context, options));
  withBook(rules.command('show').description('one pack as it is written, with its version'))
    .argument('<pack>', 'the name of the pack')
    .option('--pack-version <version>', 'a version that a run has used; default the one in force')
    .action((pack: string, options: ShowOptions) => show(context, pack, options));
  rules
    .command('check')
    .description('read a file as a rule pack and tell what is wrong with it; no database is needed')
    .argument('<file>', 'a rule pack')
    .option(
      '--config <file>',
      'the configuration with calendars; default tieout.yaml here or above',
    )
    .option('--json', 'print one JSON document')
    .action((file: string, options: CheckOptions) => check(context, file, options));
  withBook(rules.command('retire').description('let a version tie nothing more; it is kept'))
    .argument('<pack>', 'the name of the pack')
    .argument('<version>', 'the version, as "rules list" tells it')
    .requiredOption('--reason <reason>', 'why, for the audit log')
    .action((pack: string, version: string, options: RetireOptions) =>
      retire(context, { pack, version }, options),
    );
  addRulesTest(rules, context);
  addRulesBacktest(rules, context);
  addRulesMutate(rules, context);
  return rules;
}

async function list(context: CommandContext, options: BookOptions): Promise<void> {
  const packs = await inSession(context, options, ({ config, db, bookId }) =>
    db.read(async (tx) => listed(rulePackSources(config), await storedRulePacks(tx, bookId))),
  );
  if (options.json) {
    await printJson(context, { schema: 'tieout.rules/1', packs: packs.map(listedJson) });
    return;
  }
  const rows = packs.flatMap((one) => [
    [one.pack.pack, one.pack.version, one.pack.context, stateOf(one), '', '', ''],
    ...(one.isInForce ? one.pack.rules.map(ruleCells) : []),
  ]);
  const titles = ['pack', 'version', 'context', 'state', 'rule', '', 'on match'];
  await printTable(context, titles, rows);
}

/** The packs in force, and after each the versions of it that were used; then packs that are in force no more. */
function listed(
  inForce: readonly PackSource[],
  stored: readonly StoredRulePack[],
): readonly ListedPack[] {
  const current = inForce.map(({ pack }) => {
    const same = stored.find((one) => one.pack === pack.pack && one.version === pack.version);
    return { pack, isInForce: true, ...(same === undefined ? {} : { stored: same }) };
  });
  const earlier = stored
    .filter((one) => current.every((other) => other.stored !== one))
    .map((one) => ({ pack: packOf(one), isInForce: false, stored: one }));
  const names = [...new Set([...current, ...earlier].map(({ pack }) => pack.pack))];
  return names.flatMap((name) => [...current, ...earlier].filter(({ pack }) => pack.pack === name));
}

function packOf({ pack, version, content }: StoredRulePack): RulePack {
  return rulePackOf(content, `${pack}@${version}`, { calendars: 'any' });
}

function stateOf({ isInForce, stored }: ListedPack): string {
  const use = stored === undefined ? 'not used yet' : `used since ${dayOf(stored.firstUsedAt)}`;
  const retired = stored?.retiredAt == null ? '' : `, retired ${dayOf(stored.retiredAt)}`;
  return `${isInForce ? 'in force' : 'not in force'}, ${use}${retired}`;
}

function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

function ruleCells(rule: Rule): string[] {
  const state = rule.retired ? 'retired' : rule.onMatch;
  return ['', '', '', '', rule.id, rule.cardinality, state];
}

function listedJson({ pack, isInForce, stored }: ListedPack): object {
  return {
    pack: pack.pack,
    version: pack.version,
    context: pack.context,
    in_force: isInForce,
    first_used_at: stored?.firstUsedAt.toISOString() ?? null,
    retired_at: stored?.retiredAt?.toISOString() ?? null,
    retired_by: stored?.retiredBy ?? null,
    retired_because: stored?.retiredBecause ?? null,
    rules: pack.rules.map((rule) => ({
      id: rule.id,
      priority: rule.priority,
      cardinality: rule.cardinality,
      among: rule.among,
      ambiguity: rule.ambiguity,
      on_match: rule.onMatch,
      retired: rule.retired,
    })),
  };
}

async function show(context: CommandContext, name: string, options: ShowOptions): Promise<void> {
  const { packVersion } = options;
  const { pack, text } = await inSession(context, options, async ({ config, db, bookId }) => {
    const current = rulePackSources(config).find((one) => one.pack.pack === name);
    if (packVersion === undefined || packVersion === current?.pack.version) return known(current);
    const stored = await db.read((tx) => storedRulePacks(tx, bookId));
    const found = stored.find((one) => one.pack === name && one.version === packVersion);
    return known(found === undefined ? undefined : { pack: packOf(found) });
  });
  if (options.json) {
    await printJson(context, {
      schema: 'tieout.rules-show/1',
      pack: pack.pack,
      version: pack.version,
      context: pack.context,
      content: JSON.stringify(pack.content),
    });
    return;
  }
  await context.out(`# ${pack.pack}, version ${pack.version}\n${text ?? stringify(pack.content)}`);
}

function known(
  found: Pick<PackSource, 'pack' | 'text'> | undefined,
): Pick<PackSource, 'pack' | 'text'> {
  if (found !== undefined) return found;
  throw new OperationalError('not_found', 'there is no such rule pack; see "tieout rules list"');
}

async function check(context: CommandContext, file: string, options: CheckOptions): Promise<void> {
  const pack = parseRulePack(textOf(resolve(context.cwd, file)), file, {
    calendars: ownCalendars(context, options),
  });
  if (options.json) {
    await printJson(context, {
      schema: 'tieout.rules-check/1',
      pack: pack.pack,
      version: pack.version,
      context: pack.context,
      rules: pack.rules.length,
      namings: pack.naming.length,
    });
    return;
  }
  const namings = pack.naming.length === 0 ? '' : `, ${pack.naming.length} namings`;
  await context.out(
    `${printable(file)} is a rule pack: ${pack.pack}, version ${pack.version}, ${pack.rules.length} rules${namings}\n`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new OperationalError('not_found', `cannot read ${file}`, { cause });
  }
}

/** A pack can be checked without any configuration; one that is asked for must be there. */
function ownCalendars(context: CommandContext, { config }: CheckOptions): readonly string[] {
  const named = { ...context, ...(config === undefined ? {} : { file: config }) };
  if (config === undefined && configFile(named) === undefined) return [];
  return [...loadConfig(named).calendars.keys()];
}

async function retire(
  context: CommandContext,
  { pack, version }: { readonly pack: string; readonly version: string },
  options: RetireOptions,
): Promise<void> {
  const { reason } = options;
  const now = context.now();
  const by = actor();
  const outcome = await inSession(context, options, ({ db, bookId }) =>
    db.transaction(async (tx) => {
      const result = await retireRulePack(tx, { bookId, pack, version, by, reason, now });
      if (result === 'retired') {
        const object = { objectType: 'rule_pack', objectId: `${pack}@${version}` };
        await recordAct(tx, { bookId, actor: by, action: 'retire', ...object, reason, now });
      }
      return result;
    }),
  );
  if (outcome === undefined) {
    const message = `no run has used version ${version} of ${pack}; see "tieout rules list"`;
    throw new OperationalError('not_found', message);
  }
  if (options.json) {
    const document = { schema: 'tieout.rules-retire/1', pack, version };
    await printJson(context, { ...document, outcome: outcome.replace(' ', '_') });
    return;
  }
  const before = 'was retired before; nothing has changed';
  await context.out(`${pack}@${version} ${outcome === 'retired' ? 'is retired' : before}\n`);
}
