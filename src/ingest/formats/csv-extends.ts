import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { OperationalError } from '../../errors.ts';
import type { CsvProfile } from './csv-profile.ts';

type Document = Readonly<Record<string, unknown>>;

/** Reads a profile that comes with the program, by its name. */
export function readShippedProfile(name: string): CsvProfile {
  return withBase(documentOf(name, name), name) as CsvProfile;
}

/**
 * A profile document with the shipped one that it `extends`: keys of maps are added or replaced one by one, all else as a
 * whole, and an empty key takes the base's away. A document that extends nothing is returned as it is.
 *
 * Throws `configuration` when no profile has the name.
 */
export function withBase(document: unknown, where: string): unknown {
  if (!isMap(document) || document.extends === undefined) return document;
  const { extends: base, ...own } = document;
  const name = String(base);
  return merged(withBase(documentOf(name, where), where), own);
}

function documentOf(name: string, where: string): unknown {
  const url = new URL(`../profiles/${name}.yaml`, import.meta.url);
  if (/^[a-z0-9-]+$/.test(name) && existsSync(url)) return parse(readFileSync(url, 'utf8'));
  const message = `${where}: extends "${name}", and no profile has that name`;
  throw new OperationalError('configuration', message);
}

function merged(base: unknown, own: unknown): unknown {
  if (!isMap(base) || !isMap(own)) return own;
  const all = { ...base };
  for (const [key, value] of Object.entries(own)) {
    if (value === null) delete all[key];
    else all[key] = merged(base[key], value);
  }
  return all;
}

function isMap(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
