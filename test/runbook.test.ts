import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exceptionMeaning } from '../src/report/exception-meaning.ts';

const SECTION = '## Reason codes of files and records';

/** Codes of several words wherever they stand; one word alone is a code only where a code is given. */
const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const WORD =
  /(?:(?:FileRefusal|[Rr]efus|[Tt]ell|[Dd]iagnose)\w*\(|\b(?:reason|code):)\s*'([A-Z]{4,})'/g;

/** Names that the system and its libraries give. */
const NOT_OURS = /^(?:ERR_|Z_|SSH_AUTH_SOCK$)/;

function sourceText(): string {
  const files = readdirSync('src/ingest', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `src/ingest/${path}`);
  return [...files, 'src/money.ts'].map((path) => readFileSync(path, 'utf8')).join('\n');
}

function found(text: string, pattern: RegExp): readonly string[] {
  return Array.from(text.matchAll(pattern), ([, code = '']) => code);
}

function codesInSource(): readonly string[] {
  const text = sourceText();
  const codes = [...found(text, CODE), ...found(text, WORD)].filter((code) => !NOT_OURS.test(code));
  return [...new Set(codes)].sort();
}

function rowsOfRunbook(): string {
  const [, section = ''] = readFileSync('docs/runbook.md', 'utf8').split(`${SECTION}\n`);
  const [rows = ''] = section.split(/^## /m);
  return rows;
}

test('the runbook has every reason code of files and records once, and no other', () => {
  const codes = found(rowsOfRunbook(), /^\| `([A-Z0-9_]+)` +\|/gm);
  expect([...codes].sort()).toEqual(codesInSource());
});

test('every reason code of the runbook says what becomes of its file or record, and more', () => {
  const rows = rowsOfRunbook();
  const silent = codesInSource().filter(
    (code) =>
      !new RegExp(`^\\| \`${code}\` +\\| [a-z][a-z ,]+\\| [A-Z].*[.] +\\|$`, 'm').test(rows),
  );
  expect(silent).toEqual([]);
});

test('every exception that matching tells has a meaning, and a row in the runbook', () => {
  const steps = readdirSync('src/match/sql').filter((name) => /^(?:4[89]|[56]\d)_/.test(name));
  const text = steps.map((name) => readFileSync(`src/match/sql/${name}`, 'utf8')).join('\n');
  const told = found(text, /'((?:FIL|STM|NRM|DUP|UNM|MAT|DIF|SET|REV)_[A-Z_]+)'/g);
  const [, section = ''] = readFileSync('docs/runbook.md', 'utf8').split('## Exceptions\n');
  const [rows = ''] = section.split(/^## /m);
  const explained = found(rows, /^\| `([A-Z_]+)` +\|/gm);
  expect(told.length).toBeGreaterThan(20);
  expect([...new Set(told)].filter((code) => exceptionMeaning(code) === '')).toEqual([]);
  expect([...new Set(told)].filter((code) => !explained.includes(code))).toEqual([]);
});
