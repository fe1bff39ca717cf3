import { distance } from 'fastest-levenshtein';
import { feeIncomeOf, PAYOUTS_IN_TRANSIT, payableOf, receivableOf } from '../account-code.ts';
import { type BusinessDate, parseBusinessDate } from '../business-date.ts';
import type { SourceConfig } from '../config.ts';
import { type Currency, currencyExponent } from '../currency.ts';
import { OperationalError } from '../errors.ts';
import { parseAmount } from '../money.ts';
import type { JournalRequest, PairPosting } from './journal-request.ts';

type PaymentKind = 'capture' | 'refund' | 'chargeback' | 'chargeback-reversal' | 'payout' | 'fee';

const REQUIRED = ['payment_id', 'kind', 'currency', 'amount', 'effective_date'] as const;
const OPTIONAL = ['reference', 'source', 'merchant', 'fee', 'metadata'] as const;
const KNOWN: readonly string[] = [...REQUIRED, ...OPTIONAL];
const KINDS: readonly string[] = [
  'capture',
  'refund',
  'chargeback',
  'chargeback-reversal',
  'payout',
  'fee',
] satisfies PaymentKind[];
const NUMBER = { decimal: '.' } as const;
/** Why a row cannot be posted. */
export interface RowProblem {
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

/** The columns of an import file, by name; throws `invalid_input` when a name is missing or stands twice. */
export class PaymentHeader {
  readonly width: number;
  /** Columns that mean nothing here. */
  readonly unknown: readonly string[];
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
      if (name in Object.prototype) {
        throw new OperationalError(
          'invalid_input',
          `column "${name}" cannot be the name of a column [BAD_HEADER]`,
        );
      }
      refuseMisspelt(name);
      this.#places.set(name, place);
    });
    this.unknown = names.filter((name) => !KNOWN.includes(name));
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

/** A column of somebody else's may stand there; one of ours with a slip in its name would lose what it says. */
function refuseMisspelt(name: string): void {
  const meant = KNOWN.find((known) => distance(known, name) <= Math.min(2, known.length / 3));
  if (meant === undefined || KNOWN.includes(name)) return;
  throw new OperationalError(
    'invalid_input',
    `column "${name}" is unknown; did you mean "${meant}"? [UNKNOWN_COLUMN]`,
  );
}

/** Turns rows of an import file into journals. */
export class PaymentRows {
  readonly #header: PaymentHeader;
  readonly #sources: readonly SourceConfig[];
  readonly #createdBy: string;
  readonly #defaultSource: string | undefined;

  constructor(
    header: PaymentHeader,
    options: { readonly sources: readonly SourceConfig[]; readonly createdBy: string },
  ) {
    this.#header = header;
    this.#sources = options.sources;
    this.#createdBy = options.createdBy;
    const processors = options.sources.filter((source) => source.role === 'processor');
    this.#defaultSource = processors.length === 1 ? processors[0]?.source : undefined;
  }

  /** The journal a row asks for, or what is wrong with it. */
  parse(record: readonly string[]): JournalRequest | RowProblem {
    if (record.length !== this.#header.width) {
      return {
        reason: 'FIELD_COUNT',
        message: `${record.length} fields where the header has ${this.#header.width}`,
      };
    }
    const row = (name: string) => this.#header.field(record, name);
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
    if (source === undefined || !this.#sources.some((candidate) => candidate.source === source)) {
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

  #request(payment: Payment): JournalRequest | RowProblem {
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
      createdBy: this.#createdBy,
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

function amountsOf(row: (name: string) => string, currency: Currency): Amounts | RowProblem {
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
    'chargeback-reversal': { debit: receivable, credit: payable, amountMinor, opens: 'debit' },
    payout: { debit: payable, credit: PAYOUTS_IN_TRANSIT, amountMinor, opens: 'credit' },
    fee: { debit: payable, credit: feeIncomeOf(merchant), amountMinor },
  };
  if (feeMinor === 0n) return [main[kind]];
  return [main[kind], { debit: payable, credit: feeIncomeOf(merchant), amountMinor: feeMinor }];
}

/** Whether the text is a JSON object that Postgres can store: without NUL, half a character, or a number beyond a double. */
export function isJsonObject(text: string): boolean {
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
