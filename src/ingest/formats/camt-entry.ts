import type { Currency } from '../../currency.ts';
import type { EntryStatus, Locator, ParsedEntry, Rejection } from '../record.ts';
import type { CamtDetails } from './camt-details.ts';
import { digestOf } from './entry-identity.ts';
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
  readonly locator: Locator;
}

const STATUS = new Map<string | undefined, EntryStatus>([
  ['BOOK', 'booked'],
  ['PDNG', 'pending'],
  ['FUTR', 'pending'],
  ['INFO', 'information'],
]);

/** Reads one `Ntry` with the details that have passed; an unreadable one is rejected with its first fault. */
export function readEntry(
  ntry: XmlElement,
  details: CamtDetails,
  context: EntryContext,
): ParsedEntry | Rejection {
  const core = readCore(ntry, context);
  if (isFault(core)) return rejectionOf(core, ntry, context.locator);
  const { amountMinor, currency, status, isReversal, bookingDate, valueDate } = core;
  const { externalId, reference } = readReferences(ntry, details.single);
  const narrative = narrativeOf(ntry, details);
  // Written out: spreading three objects into one took a quarter of the whole reading time.
  return {
    kind: 'entry',
    type: 'bank',
    status,
    currency,
    amountMinor,
    grossMinor: amountMinor,
    feesMinor: {},
    isReversal,
    bookingDate,
    valueDate,
    externalId,
    reference,
    originalReference: null,
    batch: null,
    counterparty: counterpartyOf(details.single, amountMinor, isReversal),
    narrative,
    identity: digestOf([
      context.account,
      bookingDate,
      valueDate,
      amountMinor.toString(),
      currency,
      externalId,
      textAt(ntry, 'NtryRef'),
      reference,
      narrative,
    ]),
    isIdentityUnique: false,
    details: details.count,
    locator: context.locator,
  };
}

type Core = Pick<
  ParsedEntry,
  'amountMinor' | 'currency' | 'status' | 'isReversal' | 'bookingDate' | 'valueDate'
>;
type References = Pick<ParsedEntry, 'externalId' | 'reference'>;

function readCore(ntry: XmlElement, context: EntryContext): Core | Fault {
  const money = readMoney(childOf(ntry, 'Amt'));
  if (isFault(money)) return money;
  const sign = readSign(ntry);
  if (sign === undefined) return directionFault(ntry, money.amountMinor);
  const amountMinor = sign * money.amountMinor;
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
  // The indicator only says that an earlier entry is undone: `CdtDbtInd` is this entry's own direction already.
  const isReversal = /^(?:true|1)$/.test(textAt(ntry, 'RvslInd') ?? '');
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
  const text = firstTextAt(ntry, [['Sts', 'Cd'], ['Sts', 'Prtry'], ['Sts']]);
  const status = text === undefined ? whenAbsent : STATUS.get(text);
  if (status !== undefined) return status;
  const message = text === undefined ? 'there is no Sts' : `Sts "${text.slice(0, 40)}" is unknown`;
  return { reason: 'STATUS_UNKNOWN', message, field: 'Sts' };
}

function readReferences(ntry: XmlElement, single: XmlElement | undefined): References {
  return {
    externalId:
      knownReference(textAt(ntry, 'AcctSvcrRef')) ??
      knownReference(textAt(single, 'Refs', 'AcctSvcrRef')),
    reference:
      knownReference(textAt(single, 'Refs', 'EndToEndId')) ??
      knownReference(textAt(ntry, 'NtryRef')),
  };
}

/** The other side of the one payment behind an entry; parties keep the roles of the payment a reversal undoes. */
function counterpartyOf(
  single: XmlElement | undefined,
  amountMinor: bigint,
  isReversal: boolean,
): string | null {
  const role = amountMinor >= 0n === isReversal ? 'Cdtr' : 'Dbtr';
  const party = childOf(childOf(single, 'RltdPties'), role);
  return partyNameOf(party);
}

function narrativeOf(ntry: XmlElement, details: CamtDetails): string | null {
  const additional = textAt(ntry, 'AddtlNtryInf');
  const texts = additional === undefined ? details.narrative : [...details.narrative, additional];
  return [...new Set(texts)].join(' ') || null;
}
