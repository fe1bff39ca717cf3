import {
  clip,
  type Diagnostic,
  type FileRefusal,
  type Locator,
  type ParsedEntry,
  type ParsedRecord,
  type PaymentStatus,
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

/** One line for a warning: `FILE:LINE CODE message`. */
export function diagnosticAsText(file: string, { code, message, locator }: Diagnostic): string {
  return `${place(file, locator)} ${code} ${message}`;
}

/** What a person is told of a record: statements, rejections, diagnostics, and payments that failed; nothing of the rest. */
export function recordAsText(file: string, record: ParsedRecord): string {
  const text = textOf(record);
  if (text === undefined) return '';
  const isPlaced = record.kind !== 'statement-end';
  return `${printable(isPlaced ? `${place(file, record.locator)} ${text}` : text)}\n`;
}

/** The last line of a file. */
export function summaryAsText(summary: FileSummary): string {
  const { file, format, version, statements, entries, rejections, diagnostics } = summary;
  const name = version === null ? (format ?? 'unknown format') : `${format} ${version}`;
  const told =
    summary.statuses > 0
      ? `${entries} entries, ${summary.statuses} statuses`
      : `${entries} entries`;
  const counts = `${statements.length} statements, ${told}, ${rejections} rejections, ${diagnostics} diagnostics`;
  return `${printable(`${file}: ${name}: ${counts}`)}\n`;
}

function textOf(record: ParsedRecord): string | undefined {
  switch (record.kind) {
    case 'statement-end':
      return statementText(record);
    case 'rejection':
      return `${record.reason} ${record.message}`;
    case 'diagnostic':
      return `${record.code} ${record.message}`;
    case 'status':
      return FAILED.has(record.status ?? '') ? statusText(record) : undefined;
    case 'entry':
      return record.type === 'return' ? returnText(record) : undefined;
    default:
      return undefined;
  }
}

/** Statuses after which a payment does not go on: rejected, blocked, cancelled. */
const FAILED: ReadonlySet<string> = new Set(['RJCT', 'BLCK', 'CANC']);

function statusText(status: PaymentStatus): string {
  const id =
    status.originalEndToEndId ??
    status.uetr ??
    status.originalTransactionId ??
    status.originalInstructionId ??
    status.originalPaymentInformationId ??
    status.originalMessageId ??
    'an unnamed payment';
  const reasons = status.reasons.map(({ code, text }) =>
    [code, text].filter((part) => part !== null).join(' '),
  );
  return [status.status, status.level, id, reasons.join('; ')].filter(Boolean).join(' ');
}

function returnText(entry: ParsedEntry): string {
  const { attributes, originalReference } = entry;
  const id = originalReference ?? attributes?.references?.uetr ?? 'an unnamed payment';
  const reason = [attributes?.returnReason, entry.narrative].filter(Boolean).join(' ');
  return `returned ${id} ${formatMoney(entry)} ${reason}`.trimEnd();
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
  if (Array.isArray(value)) return value.map(snakeCased);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll('-', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(inner),
    ]),
  );
}

function statementText(closed: StatementClosed): string {
  const { account, currency, entries, creditsMinor, debitsMinor, differenceMinor } = closed;
  const name = `statement of ${account ?? 'an unnamed account'}`;
  // Credits and debits are of booked entries only; a payment message has none.
  const isUnbooked = creditsMinor === 0n && debitsMinor === 0n && differenceMinor === null;
  if (entries > 0 && isUnbooked) return `${name}: ${entries} entries, none of them booked`;
  if (currency === null && entries === 0) return `${name}: 0 entries`;
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
