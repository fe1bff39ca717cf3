import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import { formatAmount, type Money } from '../../money.ts';
import { clip, type EntryStatus, type ParsedEntry } from '../record.ts';
import {
  FieldCursor,
  type Funds,
  type MinorResult,
  parseBaiDate,
  parseMinor,
  readFunds,
} from './bai2-field.ts';
import type { LogicalRecord } from './bai2-record.ts';
import { textDigestOf } from './entry-identity.ts';

/** What the records around a detail say of it. */
export interface DetailSetting {
  readonly account: string | null;
  readonly currency: Currency;
  /** The day the group reports. */
  readonly asOf: BusinessDate;
  /** Whether what the group reports is final, and real. */
  readonly status: EntryStatus;
}

/** Something odd in a readable detail, told as a diagnostic. */
interface DetailNote {
  readonly code: 'BAD_VALUE_DATE' | 'FUNDS_TYPE_UNKNOWN';
  readonly message: string;
}

/** A readable record 16, or why it is not. */
export type DetailResult = {
  /** What counts towards the control total; `null` when it is unreadable. */
  readonly controlMinor: bigint | null;
} & (
  | { readonly ok: true; readonly entry: ParsedEntry; readonly notes: readonly DetailNote[] }
  | {
      readonly ok: false;
      readonly reason: AmountReason | 'DIRECTION_MISSING' | 'SUMMARY_CODE';
      readonly field: 'type code' | 'amount';
      readonly message: string;
    }
);

type AmountReason = Exclude<MinorResult, { readonly ok: true }>['reason'];

const NO_FEES = Object.freeze({});
/** Totals of all credits, all debits and all loan payments: their details stand beside them. */
const TOTALS: ReadonlySet<string> = new Set(['100', '400', '720']);
const NON_MONETARY = '890';

/**
 * Record 16, a transaction:
 *
 *   16,142,2500,V,260302,,BANKREF,CUSTREF,TEXT TO THE END, WITH COMMAS AND A / IN IT
 *      |   |    |         |       |
 *      |   |    |         |       customer reference
 *      |   |    |         bank reference
 *      |   |    funds type and its fields
 *      |   amount, unsigned, without a decimal point
 *      type code
 */
export function parseDetail(record: LogicalRecord, setting: DetailSetting): DetailResult {
  const cursor = new FieldCursor(record.pieces);
  const typeCode = cursor.next();
  const amountText = cursor.next();
  const isWithoutMoney = typeCode === NON_MONETARY && /^0*$/.test(amountText);
  const amount = parseMinor(isWithoutMoney ? '0' : amountText, 'unsigned');
  if (!amount.ok) return amountRefusal(amount.reason, amountText);
  const magnitude = amount.amountMinor;
  const sign = isWithoutMoney ? 1n : signOf(typeCode);
  if (sign === undefined)
    return codeRefusal(typeCode, { amountMinor: magnitude, currency: setting.currency });
  const funds = readFunds(cursor);
  const entry = entryOf(cursor, funds, {
    setting,
    status: isWithoutMoney ? 'information' : setting.status,
    typeCode,
    amountMinor: sign * magnitude,
    line: record.line,
  });
  return { ok: true, controlMinor: magnitude, entry, notes: notesOf(funds, entry) };
}

/**
 * The direction by the code table: 101–399 credits and 401–699 debits, 721–728 loan payments, 760 loan disbursement,
 * and the codes banks define themselves.
 *
 * Of those, the manual begins the credits at 920 and its publisher's later advice at 930; between the two nothing is certain.
 */
function signOf(typeCode: string): 1n | -1n | undefined {
  if (TOTALS.has(typeCode)) return undefined;
  if (/^(?:[123]\d\d|72[1-8]|9[345]\d)$/.test(typeCode)) return 1n;
  if (/^(?:[456]\d\d|760|9[6-9]\d)$/.test(typeCode)) return -1n;
  return undefined;
}

interface DetailFacts {
  readonly setting: DetailSetting;
  readonly status: EntryStatus;
  readonly typeCode: string;
  readonly amountMinor: bigint;
  readonly line: number;
}

function entryOf(cursor: FieldCursor, funds: Funds, facts: DetailFacts): ParsedEntry {
  const externalId = cursor.next() || null;
  const reference = cursor.next() || null;
  const narrative = cursor.rest() || null;
  const valueDate = valueDateOf(funds, facts.setting.asOf);
  return {
    kind: 'entry',
    type: 'bank',
    status: facts.status,
    currency: facts.setting.currency,
    amountMinor: facts.amountMinor,
    grossMinor: facts.amountMinor,
    feesMinor: NO_FEES,
    isReversal: false,
    bookingDate: facts.setting.asOf,
    valueDate,
    externalId,
    reference,
    originalReference: null,
    batch: null,
    counterparty: null,
    narrative,
    identity: identityOf(facts, [valueDate, externalId, reference, narrative]),
    isIdentityUnique: false,
    details: 0,
    attributes: { transactionCode: `${facts.typeCode} (BAI)` },
    locator: { line: facts.line },
  };
}

/** Availability in one or two days would need the bank's calendar, so only a told day counts. */
function valueDateOf(funds: Funds, asOf: BusinessDate): BusinessDate | null {
  if (funds.type === '0') return asOf;
  return parseBaiDate(funds.valueText) ?? null;
}

function notesOf(funds: Funds, entry: ParsedEntry): readonly DetailNote[] {
  if (!funds.isKnown) {
    const message = `funds type "${clip(funds.type, 80)}" is unknown; references and text may be shifted`;
    return [{ code: 'FUNDS_TYPE_UNKNOWN', message }];
  }
  if (funds.valueText === '' || entry.valueDate !== null) return [];
  return [
    { code: 'BAD_VALUE_DATE', message: `value date "${clip(funds.valueText, 80)}" is not a date` },
  ];
}

/** Banks give no id that is unique for certain, so an entry is what it says. */
function identityOf(facts: DetailFacts, said: readonly (string | null)[]): string {
  const { account, currency, asOf } = facts.setting;
  const text = `${account}|${currency}|${asOf}|${facts.typeCode}|${facts.amountMinor}|${said.join('|')}`;
  return textDigestOf(text);
}

function codeRefusal(typeCode: string, { amountMinor, currency }: Money): DetailResult {
  const told = `${formatAmount(amountMinor, currency)} ${currency}`;
  const isTotal = TOTALS.has(typeCode);
  const reason = isTotal ? 'SUMMARY_CODE' : 'DIRECTION_MISSING';
  const message = isTotal
    ? `type code ${typeCode} is a total of other transactions, here of ${told}`
    : `type code "${clip(typeCode, 80)}" does not say whether ${told} came in or went out`;
  return { ok: false, controlMinor: amountMinor, reason, field: 'type code', message };
}

function amountRefusal(reason: AmountReason, text: string): DetailResult {
  const says: Readonly<Record<AmountReason, string>> = {
    AMOUNT_MISSING: 'the amount is empty',
    BAD_NUMBER: `amount "${clip(text, 80)}" is not a number without sign and decimal point`,
    AMOUNT_RANGE: `amount "${clip(text, 80)}" is too large`,
  };
  const controlMinor = reason === 'AMOUNT_MISSING' ? 0n : null;
  return { ok: false, controlMinor, reason, field: 'amount', message: says[reason] };
}
