import { pipeline, type Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { feeIncomeOf, PAYOUTS_IN_TRANSIT, payableOf, receivableOf } from '../account-code.ts';
import { type BusinessDate, parseBusinessDate } from '../business-date.ts';
import type { SourceConfig } from '../config.ts';
import type { Currency } from '../currency.ts';
import { currencyExponent } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { parseAmount } from '../money.ts';
import {
  type JournalRequest,
  type PairPosting,
  type PostOptions,
  type PostOutcome,
  post,
} from './post.ts';

type PaymentKind = 'capture' | 'refund' | 'chargeback' | 'payout' | 'fee';

/** A line of the import file that was not posted; the others go on. */
export interface ImportRejection {
  readonly line: number;
  readonly reason: string;
  readonly message: string;
}

export interface ImportOutcome {
  readonly read: number;
  readonly created: number;
  readonly exists: number;
  readonly rejections: readonly ImportRejection[];
}

export interface ImportOptions extends PostOptions {
  readonly createdBy: string;
  readonly sources: readonly SourceConfig[];
}

const REQUIRED = ['payment_id', 'kind', 'currency', 'amount', 'effective_date'] as const;
const OPTIONAL = ['reference', 'source', 'merchant', 'fee', 'metadata'] as const;
const KNOWN: readonly string[] = [...REQUIRED, ...OPTIONAL];
const KINDS: readonly string[] = [
  'capture',
  'refund',
  'chargeback',
  'payout',
  'fee',
] satisfies PaymentKind[];
const NUMBER = { decimal: '.' } as const;
const BATCH_SIZE = 1_000;
// The line ends are named: left to itself, the parser takes the first one it sees for the only one.
const CSV = {
  bom: true,
  info: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
};

/**
 * Posts the payments we started or expect, from a CSV file with a header (column order is free).
 *
 *   payment_id, kind (capture | refund | chargeback | payout | fee), currency, amount (major units, positive),
 *   effective_date, and optionally reference, source, merchant, fee, metadata (JSON)
 *
 * A capture is Dr receivable of the source, Cr payable to the merchant; refunds and chargebacks go the other way; a payout is
 * Dr payable, Cr payouts in transit; a fee is Dr payable, Cr fee income. A payment id posts once, whatever the file.
 * Throws `invalid_input` when the file's structure is wrong; a wrong line becomes a rejection.
 */
export async function importPayments(
  tx: Tx,
  input: Readable,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const reading = new Reading(options);
  const outcome = await post(tx, reading.journals(input), options);
  const refused = outcome.refused.map((refusal) => ({
    line: reading.lineOf(refusal.requestNo),
    reason: refusal.code,
    message: refusalText(refusal.code, refusal.key),
  }));
  const rejections = [...reading.rejections, ...refused].sort(
    (left, right) => left.line - right.line,
  );
  return { read: reading.read, created: outcome.created, exists: outcome.exists, rejections };
}

function refusalText(code: PostOutcome['refused'][number]['code'], key: string): string {
  const payment = key.slice(key.indexOf('|') + 1);
  return code === 'exists_with_different_content'
    ? `payment ${payment} is in the ledger with other content; post a reversal and import it under a new id`
    : `payment ${payment} cannot be posted: ${code.replaceAll('_', ' ')}`;
}

class Reading {
  read = 0;
  readonly rejections: ImportRejection[] = [];
  readonly #options: ImportOptions;
  readonly #defaultSource: string | undefined;
  /** Lines of the requests, as runs: the first request of each run and its line; most files are one run. */
  readonly #lines: { readonly requestNo: number; readonly line: number }[] = [];
  #requests = 0;
  #nextLine = 1;
  #emptyLines = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
    const processors = options.sources.filter((source) => source.role === 'processor');
    this.#defaultSource = processors.length === 1 ? processors[0]?.source : undefined;
  }

  lineOf(requestNo: bigint): number {
    const run = this.#lines.findLast((candidate) => candidate.requestNo <= Number(requestNo));
    return run === undefined ? 0 : run.line + Number(requestNo) - run.requestNo;
  }

  async *journals(input: Readable): AsyncGenerator<readonly JournalRequest[]> {
    const rows = parse(CSV);
    // Whatever fails is thrown to the reader of the rows.
    pipeline(input, utf8Text, rows, () => undefined);
    let header: Header | undefined;
    let batch: JournalRequest[] = [];
    try {
      for await (const { info, record } of rows as AsyncIterable<CsvRow>) {
        const line = this.#lineOfRecord(record, info.empty_lines);
        if (header === undefined) {
          header = new Header(record);
          continue;
        }
        const journal = this.#journal(header, record, line);
        if (journal !== undefined) batch.push(journal);
        if (batch.length < BATCH_SIZE) continue;
        yield batch;
        batch = [];
      }
    } catch (cause) {
      throw readingError(cause);
    }
    if (header === undefined)
      throw new OperationalError('invalid_input', 'the import file is empty');
    yield batch;
  }

  /** The line a record starts on: the parser tells where it ends, and counts a quoted CRLF as two lines. */
  #lineOfRecord(record: readonly string[], emptyLines: number): number {
    const line = this.#nextLine + emptyLines - this.#emptyLines;
    this.#emptyLines = emptyLines;
    this.#nextLine = line + 1 + newlinesIn(record);
    return line;
  }

  #journal(header: Header, record: readonly string[], line: number): JournalRequest | undefined {
    this.read += 1;
    const found = this.#parse(header, record);
    if ('reason' in found) {
      this.rejections.push({ line, ...found });
      return undefined;
    }
    const last = this.#lines.at(-1);
    if (last === undefined || line - last.line !== this.#requests - last.requestNo) {
      this.#lines.push({ requestNo: this.#requests, line });
    }
    this.#requests += 1;
    return found;
  }

  #parse(header: Header, record: readonly string[]): JournalRequest | Problem {
    if (record.length !== header.width) {
      return {
        reason: 'FIELD_COUNT',
        message: `${record.length} fields where the header has ${header.width}`,
      };
    }
    const row = (name: string) => header.field(record, name);
    const [paymentId, kind, currency] = [row('payment_id'), row('kind'), row('currency')];
    if (paymentId === '') return { reason: 'FIELD_MISSING', message: 'payment_id is empty' };
    if (!KINDS.includes(kind)) {
      return { reason: 'UNKNOWN_KIND', message: `kind "${kind}" is none of ${KINDS.join(', ')}` };
    }
    if (currencyExponent(currency) === undefined) {
      return { reason: 'CCY_UNKNOWN', message: `currency "${currency}" is not in use (ISO 4217)` };
    }
    const effectiveDate = parseBusinessDate(row('effective_date'));
    if (effectiveDate === undefined) {
      return {
        reason: 'BAD_DATE',
        message: `effective_date "${row('effective_date')}" is not a day as YYYY-MM-DD`,
      };
    }
    const source = row('source') || this.#defaultSource;
    if (
      source === undefined ||
      !this.#options.sources.some((candidate) => candidate.source === source)
    ) {
      return {
        reason: 'UNKNOWN_SOURCE',
        message: `source "${source ?? ''}" is not in the configuration`,
      };
    }
    const amounts = amountsOf(row, currency);
    if ('reason' in amounts) return amounts;
    return this.#request({
      paymentId,
      kind: kind as PaymentKind,
      currency,
      effectiveDate,
      source,
      amounts,
      row,
    });
  }

  #request(payment: Payment): JournalRequest | Problem {
    const { paymentId, row } = payment;
    const metadata = row('metadata');
    if (metadata !== '' && !isJsonObject(metadata)) {
      return { reason: 'BAD_METADATA', message: 'metadata is not a JSON object' };
    }
    return {
      key: `import|${paymentId}`,
      kind: payment.kind,
      effectiveDate: payment.effectiveDate,
      currency: payment.currency,
      reference: row('reference') || paymentId,
      paymentId,
      description: `${payment.kind} ${row('reference') || paymentId}`,
      createdBy: this.#options.createdBy,
      ...(metadata === '' ? {} : { metadata }),
      postings: postingsOf(
        payment.kind,
        payment.source,
        row('merchant') || 'default',
        payment.amounts,
      ),
    };
  }
}

interface CsvRow {
  readonly info: { readonly empty_lines: number };
  readonly record: readonly string[];
}

interface Problem {
  readonly reason: string;
  readonly message: string;
}

interface Amounts {
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
}

interface Payment {
  readonly paymentId: string;
  readonly kind: PaymentKind;
  readonly currency: Currency;
  readonly effectiveDate: BusinessDate;
  readonly source: string;
  readonly amounts: Amounts;
  readonly row: (name: string) => string;
}

class Header {
  readonly width: number;
  readonly #places = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.width = names.length;
    names.forEach((name, place) => {
      if (this.#places.has(name)) {
        throw new OperationalError(
          'invalid_input',
          `column "${name}" stands twice in the header [DUPLICATE_HEADER]`,
        );
      }
      if (!KNOWN.includes(name)) {
        throw new OperationalError(
          'invalid_input',
          `column "${name}" is unknown; known are ${KNOWN.join(', ')} [UNKNOWN_COLUMN]`,
        );
      }
      this.#places.set(name, place);
    });
    const missing = REQUIRED.filter((name) => !this.#places.has(name));
    if (missing.length > 0) {
      throw new OperationalError(
        'invalid_input',
        `the header lacks ${missing.join(', ')} [MISSING_COLUMN]`,
      );
    }
  }

  field(record: readonly string[], name: string): string {
    const place = this.#places.get(name);
    return place === undefined ? '' : (record[place] ?? '');
  }
}

function amountsOf(row: (name: string) => string, currency: Currency): Amounts | Problem {
  const amount = parseAmount(row('amount'), currency, NUMBER);
  if (!amount.ok)
    return {
      reason: amount.reason,
      message: `amount "${row('amount')}" is not an amount of ${currency}`,
    };
  if (amount.amountMinor <= 0n)
    return { reason: 'AMOUNT_RANGE', message: `amount "${row('amount')}" is not positive` };
  if (row('fee') === '') return { amountMinor: amount.amountMinor, feeMinor: 0n };
  const fee = parseAmount(row('fee'), currency, NUMBER);
  if (!fee.ok || fee.amountMinor < 0n) {
    return {
      reason: fee.ok ? 'AMOUNT_RANGE' : fee.reason,
      message: `fee "${row('fee')}" is not an amount of ${currency}`,
    };
  }
  return { amountMinor: amount.amountMinor, feeMinor: fee.amountMinor };
}

function postingsOf(
  kind: PaymentKind,
  source: string,
  merchant: string,
  amounts: Amounts,
): PairPosting[] {
  const [receivable, payable] = [receivableOf(source), payableOf(merchant)];
  const { amountMinor, feeMinor } = amounts;
  const main: Readonly<Record<PaymentKind, PairPosting>> = {
    capture: { debit: receivable, credit: payable, amountMinor, opens: 'debit' },
    refund: { debit: payable, credit: receivable, amountMinor, opens: 'credit' },
    chargeback: { debit: payable, credit: receivable, amountMinor, opens: 'credit' },
    payout: { debit: payable, credit: PAYOUTS_IN_TRANSIT, amountMinor, opens: 'credit' },
    fee: { debit: payable, credit: feeIncomeOf(merchant), amountMinor },
  };
  if (feeMinor === 0n) return [main[kind]];
  return [main[kind], { debit: payable, credit: feeIncomeOf(merchant), amountMinor: feeMinor }];
}

/** Whether the text is a JSON object that Postgres can store: without NUL, half a character, or a number beyond a double. */
function isJsonObject(text: string): boolean {
  let isStorable = true;
  try {
    const value: unknown = JSON.parse(text, (key: string, inner: unknown) => {
      isStorable &&= isStorableText(key);
      if (typeof inner === 'string') isStorable &&= isStorableText(inner);
      if (typeof inner === 'number') isStorable &&= Number.isFinite(inner);
      return inner;
    });
    return isStorable && typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text);
}

function newlinesIn(record: readonly string[]): number {
  return record.reduce((count, field) => count + (field.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
}

/** Replacing what is not UTF-8 would make one payment id of two. */
async function* utf8Text(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of chunks) {
      yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new OperationalError('invalid_input', 'the import file is not UTF-8 [BAD_ENCODING]', {
      cause,
    });
  }
}

function readingError(cause: unknown): unknown {
  if (cause instanceof OperationalError || !(cause instanceof Error)) return cause;
  if ('lines' in cause) {
    return new OperationalError(
      'invalid_input',
      `the import file is not valid CSV: ${cause.message}`,
      { cause },
    );
  }
  if ('syscall' in cause) {
    return new OperationalError('io_error', `cannot read the import file: ${cause.message}`, {
      cause,
    });
  }
  return cause;
}
