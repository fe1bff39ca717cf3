import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { OperationalError } from '../../errors.ts';
import type { CsvProfile } from './csv-profile.ts';

type Document = Readonly<Record<string, unknown>>;

/** Reads a profile that comes with the program, by its name. */
export function readShippedProfile(name: string): CsvProfile {
  return extended(documentOf(name, name), name) as unknown as CsvProfile;
}

/**
 * A profile document with the shipped one that it `extends`: keys of maps are added or replaced one by one, all else as a
 * whole, and an empty key takes the base's away. A document that extends nothing is returned as it is.
 *
 * Throws `configuration` when no profile has the name.
 */
export function withBase(document: unknown, where: string): unknown {
  return isMap(document) ? extended(document, where) : document;
}

function extended(document: Document, where: string): Document {
  const { extends: base, ...own } = document;
  if (base === undefined) return document;
  // Two profiles of one name would be one format: a profile brings its own.
  const { name: _, ...inherited } = extended(documentOf(String(base), where), where);
  return merged(inherited, own);
}

function documentOf(name: string, where: string): Document {
  const url = new URL(`../profiles/${name}.yaml`, import.meta.url);
  if (/^[a-z0-9-]+$/.test(name) && existsSync(url)) {
    return parse(readFileSync(url, 'utf8')) as Document;
  }
  const message = `${where}: extends "${name}", and no profile has that name`;
  throw new OperationalError('configuration', message);
}

function merged(base: Document, own: Document): Document {
  const all: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) {
    const inherited = base[key];
    if (value === null) delete all[key];
    else all[key] = isMap(inherited) && isMap(value) ? merged(inherited, value) : value;
  }
  return all;
}

function isMap(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
