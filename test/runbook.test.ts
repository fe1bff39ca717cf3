import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

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
