import type { Currency } from '../../currency.ts';
import type { EntryStatus, Locator, ParsedEntry, Rejection } from '../record.ts';
import { type AttributeSource, readAttributes } from './camt-attributes.ts';
import { includedMinor } from './camt-charges.ts';
import type { CamtDetails } from './camt-details.ts';
import { digestOf } from './entry-identity.ts';
import { rateFault } from './exchange-rate.ts';
import {
  type Fault,
  isFault,
  knownReference,
  readDate,
  readMoney,
  readSign,
  rejectionOf,
} from './iso-field.ts';
import { partyNameOf } from './iso-party.ts';
import { childOf, firstTextAt, textAt, type XmlElement } from './xml-element.ts';

/** What an entry takes from the statement it stands in. */
export interface EntryContext {
  readonly account: string | null;
  /** `null` when the statement has not told it. */
  readonly currency: Currency | null;
  /** What an entry without `Sts` is; `undefined` rejects it. */
  readonly statusWhenAbsent: EntryStatus | undefined;
  /** Whether the bank writes a reversal with the direction of the entry it undoes. */
  readonly hasOriginalDirection: boolean;
  readonly locator: Locator;
  /** Takes what is odd about a readable entry. */
  readonly tell: (code: string, message: string) => void;
}

type Draft = { -readonly [Key in keyof ParsedEntry]: ParsedEntry[Key] };

const STATUS = new Map<string | undefined, EntryStatus>([
  ['BOOK', 'booked'],
  ['PDNG', 'pending'],
  ['FUTR', 'pending'],
  ['INFO', 'information'],
]);

const STATUS_PATHS = [['Sts', 'Cd'], ['Sts', 'Prtry'], ['Sts']] as const;

/** Reads one `Ntry` with the details that have passed; an unreadable one is rejected with its first fault. */
export function readEntry(
  ntry: XmlElement,
  details: CamtDetails,
  context: EntryContext,
): ParsedEntry | Rejection {
  const core = readCore(ntry, context);
  if (isFault(core)) return rejectionOf(core, ntry, context.locator);
  const { amountMinor, currency, isReversal } = core;
  const servicerReference = knownReference(textAt(ntry, 'AcctSvcrRef'));
  const refs = childOf(details.single, 'Refs');
  const role = otherRole(amountMinor, isReversal);
  // Written out: spreading three objects into one took a quarter of the whole reading time.
  const entry: Draft = {
    kind: 'entry',
    type: 'bank',
    status: core.status,
    currency,
    amountMinor,
    grossMinor: amountMinor,
    feesMinor: {},
    isReversal,
    bookingDate: core.bookingDate,
    valueDate: core.valueDate,
    externalId: servicerReference ?? knownReference(textAt(refs, 'AcctSvcrRef')),
    reference:
      knownReference(textAt(refs, 'EndToEndId')) ?? knownReference(textAt(ntry, 'NtryRef')),
    originalReference: null,
    batch: null,
    counterparty: counterpartyOf(details.single, role),
    narrative: narrativeOf(ntry, details),
    identity: '',
    isIdentityUnique: false,
    details: details.count,
    locator: context.locator,
  };
  entry.identity =
    servicerReference === null
      ? identityOf(entry, textAt(ntry, 'NtryRef'), context.account)
      : servicedIdentityOf(entry, servicerReference, context.account);
  takeAttributes(entry, { ntry, details, currency, role }, context);
  return entry;
}

function takeAttributes(entry: Draft, source: AttributeSource, context: EntryContext): void {
  const { currency, amountMinor } = entry;
  const read = readAttributes(source);
  if (read === undefined) return;
  entry.attributes = read.attributes;
  const { exchange, charges = [] } = read.attributes;
  if (exchange === undefined || exchange.rate === null) return;
  const charged = amountMinor - includedMinor(charges, currency);
  const amounts = [amountMinor, charged].map((amount) => (amount < 0n ? -amount : amount));
  const fault = rateFault(exchange, [...amounts, ...read.ownAmounts], currency);
  if (fault !== undefined) context.tell('FX_RATE_MISMATCH', fault);
}

/**
 * The bank's own reference names an entry in a report, a statement and a notification alike, however much each of them
 * tells of it. Without one an entry is all that is said of it.
 */
function servicedIdentityOf(
  { bookingDate, valueDate, amountMinor, currency }: ParsedEntry,
  servicerReference: string,
  account: string | null,
): string {
  return digestOf([
    account,
    bookingDate ?? valueDate,
    amountMinor.toString(),
    currency,
    servicerReference,
  ]);
}

function identityOf(
  entry: ParsedEntry,
  entryReference: string | undefined,
  account: string | null,
): string {
  return digestOf([
    account,
    entry.bookingDate,
    entry.valueDate,
    entry.amountMinor.toString(),
    entry.currency,
    entry.externalId,
    entryReference,
    entry.reference,
    entry.narrative,
  ]);
}

type Core = Pick<
  ParsedEntry,
  'amountMinor' | 'currency' | 'status' | 'isReversal' | 'bookingDate' | 'valueDate'
>;

function readCore(ntry: XmlElement, context: EntryContext): Core | Fault {
  const money = readMoney(childOf(ntry, 'Amt'));
  if (isFault(money)) return money;
  const sign = readSign(ntry);
  if (sign === undefined) return directionFault(ntry, money.amountMinor);
  const indicator = textAt(ntry, 'RvslInd');
  const isReversal = indicator === 'true' || indicator === '1';
  // By the standard `CdtDbtInd` is this entry's own direction already, whatever the indicator says.
  const isTurned = isReversal && context.hasOriginalDirection;
  const amountMinor = (isTurned ? -sign : sign) * money.amountMinor;
  if (context.currency !== null && context.currency !== money.currency)
    return {
      reason: 'CCY_MISMATCH',
      message: `an amount in ${money.currency} in a statement in ${context.currency}`,
      field: 'Amt',
    };
  const bookingDate = readDate(ntry, 'BookgDt');
  if (isFault(bookingDate)) return { ...bookingDate, amountMinor };
  const valueDate = readDate(ntry, 'ValDt');
  if (isFault(valueDate)) return { ...valueDate, amountMinor };
  const status = readStatus(ntry, context.statusWhenAbsent);
  if (isFault(status)) return { ...status, amountMinor };
  return { amountMinor, currency: money.currency, status, isReversal, bookingDate, valueDate };
}

function directionFault(ntry: XmlElement, amountMinor: bigint): Fault {
  const indicator = textAt(ntry, 'CdtDbtInd');
  return {
    reason: 'DIRECTION_MISSING',
    message:
      indicator === undefined
        ? 'there is no CdtDbtInd'
        : `CdtDbtInd "${indicator.slice(0, 40)}" is neither CRDT nor DBIT`,
    field: 'CdtDbtInd',
    amountMinor,
  };
}

function readStatus(ntry: XmlElement, whenAbsent: EntryStatus | undefined): EntryStatus | Fault {
  // A code up to version .06, a choice of code and proprietary text after it.
  const text = firstTextAt(ntry, STATUS_PATHS);
  const status = text === undefined ? whenAbsent : STATUS.get(text);
  if (status !== undefined) return status;
  const message = text === undefined ? 'there is no Sts' : `Sts "${text.slice(0, 40)}" is unknown`;
  return { reason: 'STATUS_UNKNOWN', message, field: 'Sts' };
}

/** The other side of the one payment behind an entry; parties keep the roles of the payment a reversal undoes. */
function otherRole(amountMinor: bigint, isReversal: boolean): 'Cdtr' | 'Dbtr' {
  return amountMinor >= 0n === isReversal ? 'Cdtr' : 'Dbtr';
}

function counterpartyOf(single: XmlElement | undefined, role: 'Cdtr' | 'Dbtr'): string | null {
  return partyNameOf(childOf(childOf(single, 'RltdPties'), role));
}

function narrativeOf(ntry: XmlElement, details: CamtDetails): string | null {
  const additional = textAt(ntry, 'AddtlNtryInf');
  const [first] = details.narrative;
  // One text is the rule, and putting together a set of it took a twentieth of the time.
  if (additional === undefined && details.narrative.length <= 1) return first || null;
  const texts = additional === undefined ? details.narrative : [...details.narrative, additional];
  return [...new Set(texts)].join(' ') || null;
}
