import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../src/config.ts';
import { OperationalError } from '../src/errors.ts';
import { rulePackSources, type StoredRulePack, shippedRulePack } from '../src/match/rules/packs.ts';
import { parseRulePack, rulePackOf } from '../src/match/rules/parse-rule-pack.ts';
import type { RulePack } from '../src/match/rules/rule.ts';

/** Where packs are looked for: files from a folder, others in the configuration and among the versions runs have used. */
export interface PackPlaces {
  readonly folder: string;
  readonly config: Config;
  readonly stored?: readonly StoredRulePack[];
}

const STORED = /^([a-z0-9][a-z0-9-]*)@([0-9a-f]{12})$/;

/** The text of a file. */
export function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new OperationalError('not_found', `cannot read ${file}`, { cause });
  }
}

/** Reads the pack that a word names: a stored version `pack@version`, a shipped or configured pack by name, or a file. */
export function packNamed(word: string, places: PackPlaces): RulePack {
  const { folder, config, stored = [] } = places;
  const [, name, version] = STORED.exec(word) ?? [];
  const known = stored.find((one) => one.pack === name && one.version === version);
  if (known !== undefined) return rulePackOf(known.content, word, { calendars: 'any' });
  const named =
    shippedRulePack(word) ?? rulePackSources(config).find(({ pack }) => pack.pack === word)?.pack;
  if (named !== undefined) return named;
  if (version !== undefined && !existsSync(resolve(folder, word)))
    throw new OperationalError('not_found', `no run has used ${word}; see "tieout rules list"`);
  return parseRulePack(fileText(resolve(folder, word)), word, {
    calendars: [...config.calendars.keys()],
  });
}

/** Reads `A..B`: at whichever `..` both sides name a pack; paths may hold one too. */
export function packRange(range: string, places: PackPlaces): readonly [RulePack, RulePack] {
  const splits = [...range.matchAll(/(?=\.\.)/g)]
    .map(({ index }) => [range.slice(0, index), range.slice(index + 2)] as const)
    .filter(([left, right]) => left !== '' && right !== '');
  const found = splits.find((words) => words.every((word) => isNamed(word, places))) ?? splits[0];
  if (found === undefined)
    throw new OperationalError('usage', `"${range}" is not two rule packs as A..B`);
  return [packNamed(found[0], places), packNamed(found[1], places)];
}

function isNamed(word: string, { folder, config }: PackPlaces): boolean {
  return (
    STORED.test(word) ||
    shippedRulePack(word) !== undefined ||
    rulePackSources(config).some(({ pack }) => pack.pack === word) ||
    existsSync(resolve(folder, word))
  );
}
