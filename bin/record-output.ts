import {
  clip,
  type FileRefusal,
  type Locator,
  type ParsedEntry,
  type ParsedRecord,
  type StatementClosed,
} from '../src/ingest/record.ts';
import type { FileSummary } from '../src/ingest/summary.ts';
import { formatMoney } from '../src/money.ts';

/** One object of NDJSON: keys in snake case, amounts as strings of minor units. */
export function recordAsJson(record: ParsedRecord): string {
  return `${JSON.stringify(snakeCased(flattened(record)))}\n`;
}

/** The object that stands for a file nothing of which may be used. */
export function refusalAsJson(file: string, refusal: FileRefusal): string {
  const { reason, message, locator } = refusal;
  const { line = null, element = null } = locator ?? {};
  return `${JSON.stringify({ type: 'refused', file, reason, message, line, element })}\n`;
}

/** One line for the log: `FILE:LINE REASON message`. */
export function refusalAsText(file: string, refusal: FileRefusal): string {
  const { reason, message, locator } = refusal;
  return printable(`${place(file, locator)} ${reason} ${message}`);
}

/** What a person is told of a record: statements and rejections, nothing of the rest. */
export function recordAsText(file: string, record: ParsedRecord): string {
  if (record.kind === 'statement-end') return `${printable(statementText(record))}\n`;
  if (record.kind !== 'rejection') return '';
  const { locator, reason, message } = record;
  return `${printable(`${place(file, locator)} ${reason} ${message}`)}\n`;
}

/** The last line of a file. */
export function summaryAsText(summary: FileSummary): string {
  const { file, format, version, statements, entries, rejections, diagnostics } = summary;
  const name = version === null ? format : `${format} ${version}`;
  const counts = `${statements.length} statements, ${entries} entries, ${rejections} rejections, ${diagnostics} diagnostics`;
  return `${printable(`${file}: ${name}: ${counts}`)}\n`;
}

function flattened(record: ParsedRecord): Record<string, unknown> {
  const { kind, locator, ...rest } = record;
  const place = { line: locator.line, element: locator.element ?? null };
  if (record.kind !== 'entry') return { type: kind, ...rest, ...place };
  const { type: entryType, ...entry } = rest as Omit<ParsedEntry, 'kind' | 'locator'>;
  return { type: kind, entryType, ...entry, ...place };
}

function snakeCased(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(inner),
    ]),
  );
}

function statementText(closed: StatementClosed): string {
  const { account, currency, entries, creditsMinor, debitsMinor, differenceMinor } = closed;
  const name = `statement of ${account ?? 'an unnamed account'}`;
  if (currency === null) return `${name}: ${entries} entries, several currencies or none`;
  const money = (amountMinor: bigint) => formatMoney({ amountMinor, currency });
  const sums = `+${money(creditsMinor)}, -${money(debitsMinor)}`;
  const text = `${name}: ${entries} entries, ${sums}`;
  if (differenceMinor === null) return `${text}, balances not told`;
  return differenceMinor === 0n ? `${text}, closes` : `${text}, OFF BY ${money(differenceMinor)}`;
}

function place(file: string, locator: Locator | null): string {
  if (locator === null) return file;
  const element = locator.element === undefined ? '' : ` ${locator.element}`;
  return `${file}:${locator.line}${element}`;
}

/** File names and contents come from others: nothing of them may move the cursor or begin a line of its own. */
export function printable(text: string): string {
  return clip(text, 2_000).replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
