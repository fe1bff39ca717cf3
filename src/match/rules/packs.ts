import { readFileSync } from 'node:fs';
import type { BusinessCalendar } from '../../business-calendar.ts';
import type { RuleDocument } from '../../config.ts';
import type { Tx } from '../../db/db.ts';
import { OperationalError } from '../../errors.ts';
import { parseRulePack, rulePackOf } from './parse-rule-pack.ts';
import type { RulePack } from './rule.ts';

/** The packs that come with the program, one file each under its name. */
const SHIPPED = ['settlement-lines', 'bank', 'own-accounts'];

/** What the configuration says of rules. */
export interface RuleConfig {
  readonly ruleDocuments: readonly RuleDocument[];
  readonly calendars: ReadonlyMap<string, BusinessCalendar>;
}

/** A pack with the text it was read from, where it is a file. */
export interface PackSource {
  readonly pack: RulePack;
  /** The file, or the place in the configuration. */
  readonly where: string;
  readonly text?: string;
  readonly isShipped: boolean;
}

/** The packs that a run applies: the shipped ones, or what replaces them, and then the user's others in their order. */
export function rulePacksOf(config: RuleConfig): readonly RulePack[] {
  return rulePackSources(config).map(({ pack }) => pack);
}

/** As {@link rulePacksOf}, with where each was read. */
export function rulePackSources(config: RuleConfig): readonly PackSource[] {
  const own = config.ruleDocuments.map((document) => ownPack(document, config.calendars));
  for (const [index, { pack, where }] of own.entries()) {
    const first = own.findIndex((other) => other.pack.pack === pack.pack);
    if (first < index)
      throw clash(where, `rulepack ${pack.pack} is told in ${own[first]?.where} too`);
  }
  const shipped = SHIPPED.map(shippedPack).map((one) => replaced(one, own));
  const names = new Set<string>(SHIPPED);
  return [...shipped, ...own.filter(({ pack }) => !names.has(pack.pack))];
}

/** The shipped pack of a name, whatever replaces it. */
export function shippedRulePack(name: string): RulePack | undefined {
  return SHIPPED.includes(name) ? shippedPack(name).pack : undefined;
}

function shippedPack(name: string): PackSource {
  const url = new URL(`./packs/${name}.yaml`, import.meta.url);
  const text = readFileSync(url, 'utf8');
  return {
    pack: parseRulePack(text, `${name}.yaml`),
    where: `${name}.yaml`,
    text,
    isShipped: true,
  };
}

function ownPack(
  document: RuleDocument,
  calendars: ReadonlyMap<string, BusinessCalendar>,
): PackSource {
  const { where } = document;
  const options = { calendars: [...calendars.keys()] };
  if ('document' in document) {
    return { pack: rulePackOf(document.document, where, options), where, isShipped: false };
  }
  const { text } = document;
  return { pack: parseRulePack(text, where, options), where, text, isShipped: false };
}

function replaced(shipped: PackSource, own: readonly PackSource[]): PackSource {
  const other = own.find(({ pack }) => pack.pack === shipped.pack.pack);
  if (other === undefined) return shipped;
  if (other.pack.context !== shipped.pack.context) {
    throw clash(
      other.where,
      `rulepack ${shipped.pack.pack} replaces the shipped one and needs its context, ${shipped.pack.context}`,
    );
  }
  return other;
}

function clash(where: string, problem: string): OperationalError {
  return new OperationalError('configuration', `${where}: ${problem}`);
}

/** Stores the versions that the book does not know yet; returns how many. */
export async function storeRulePacks(
  tx: Tx,
  options: { readonly bookId: bigint; readonly packs: readonly RulePack[]; readonly now: Date },
): Promise<number> {
  const { bookId, packs, now } = options;
  const { rowCount } = await tx.execute(
    `insert into tieout.rule_pack (book_id, pack, version, context, content, first_used_at)
     select $1::bigint, pack, version, context, content::jsonb, $6::timestamptz
     from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as used (pack, version, context, content)
     on conflict (book_id, pack, version) do nothing`,
    [
      bookId,
      packs.map(({ pack }) => pack),
      packs.map(({ version }) => version),
      packs.map(({ context }) => context),
      packs.map(({ content }) => JSON.stringify(content)),
      now.toISOString(),
    ],
  );
  return rowCount;
}

/** A version of a pack that a run has used. */
export interface StoredRulePack {
  readonly pack: string;
  readonly version: string;
  readonly context: string;
  readonly content: object;
  readonly firstUsedAt: Date;
  readonly retiredAt: Date | null;
  readonly retiredBy: string | null;
  readonly retiredBecause: string | null;
}

/** Every version of every pack that a run has used, oldest first. */
export async function storedRulePacks(tx: Tx, bookId: bigint): Promise<readonly StoredRulePack[]> {
  return await tx.query<StoredRulePack>(
    `select pack, version, context, content, first_used_at as "firstUsedAt", retired_at as "retiredAt",
            retired_by as "retiredBy", retired_because as "retiredBecause"
     from tieout.rule_pack
     where book_id = $1
     order by pack, first_used_at, version`,
    [bookId],
  );
}

/** Marks a stored version as one that may tie nothing more; `undefined` when no run has used it. */
export async function retireRulePack(
  tx: Tx,
  act: {
    readonly bookId: bigint;
    readonly pack: string;
    readonly version: string;
    readonly by: string;
    readonly reason: string;
    readonly now: Date;
  },
): Promise<'retired' | 'retired before' | undefined> {
  const { rowCount } = await tx.execute(
    `update tieout.rule_pack
     set retired_at = $4::timestamptz, retired_by = $5, retired_because = $6
     where book_id = $1 and pack = $2 and version = $3 and retired_at is null`,
    [act.bookId, act.pack, act.version, act.now.toISOString(), act.by, act.reason],
  );
  if (rowCount > 0) return 'retired';
  const known = await tx.query(
    'select 1 from tieout.rule_pack where book_id = $1 and pack = $2 and version = $3',
    [act.bookId, act.pack, act.version],
  );
  return known.length > 0 ? 'retired before' : undefined;
}
