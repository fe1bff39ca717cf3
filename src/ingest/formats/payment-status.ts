import type { BusinessDate } from '../../business-date.ts';
import type { Locator, PaymentStatus, Rejection } from '../record.ts';
import { isFault, knownReference, readDate, readMoney, rejectionOf } from './iso-field.ts';
import { readReasons } from './iso-reason.ts';
import { childOf, elementAt, textAt, type XmlElement } from './xml-element.ts';

type Level = PaymentStatus['level'];

/** What a level takes from the levels above it. */
export type OriginalIds = Pick<
  PaymentStatus,
  'originalMessageId' | 'originalMessageName' | 'originalPaymentInformationId'
>;

const STATUS_NAME: Readonly<Record<Level, string>> = {
  group: 'GrpSts',
  'payment-information': 'PmtInfSts',
  transaction: 'TxSts',
};

/** The external code list of ISO 20022, and the results of a verification of payee (RCVC, RVNM, RVMC, RVNA, …). */
const KNOWN_STATUS = new Set(
  (
    'ACCC ACCP ACFC ACIS ACPD ACSC ACSP ACTC ACWC ACWP BLCK CANC CPUC PART PATC PDNG PRES RCVD RJCT ' +
    'RCVC RVCM RVMC RVNA RVNC RVNM'
  ).split(' '),
);

/** Whether a status is one of the standard's. */
export function isKnownStatus(status: string): boolean {
  return KNOWN_STATUS.has(status);
}

/** The ids of the message (`OrgnlGrpInfAndSts`, `OrgnlGrpInf`) that is reported on. */
export function originalIdsOf(group: XmlElement | undefined): OriginalIds {
  return {
    originalMessageId: knownReference(textAt(group, 'OrgnlMsgId')),
    originalMessageName: textAt(group, 'OrgnlMsgNmId') ?? null,
    originalPaymentInformationId: null,
  };
}

/** Where the amount of the original payment stands in a transaction; the first that can be read counts. */
const AMOUNT_PATHS = [
  ['OrgnlTxRef', 'Amt', 'InstdAmt'],
  ['OrgnlTxRef', 'IntrBkSttlmAmt'],
  ['OrgnlIntrBkSttlmAmt'],
  ['RtrdIntrBkSttlmAmt'],
] as const;

/** Where a level stands in its report: below these ids, on this day. */
export interface StatusPlace {
  readonly above: OriginalIds;
  readonly date: BusinessDate | null;
  readonly locator: Locator;
}

/** The day a report was made. */
export function reportDateOf(header: XmlElement | undefined): BusinessDate | null {
  const date = header === undefined ? null : readDate(header, 'CreDtTm');
  return isFault(date) ? null : date;
}

/** Reads the status a level tells of itself; what it says of neither status nor reason is `null` and empty. */
export function readStatus(
  element: XmlElement,
  level: Level,
  { above, date, locator }: StatusPlace,
): PaymentStatus {
  const isTransaction = level === 'transaction';
  const own = (name: string) => (isTransaction ? knownReference(textAt(element, name)) : null);
  const message = childOf(element, 'OrgnlGrpInf');
  return {
    kind: 'status',
    level,
    ...above,
    ...(message === undefined ? {} : messageOf(message)),
    originalPaymentInformationId:
      knownReference(textAt(element, 'OrgnlPmtInfId')) ?? above.originalPaymentInformationId,
    originalInstructionId: own('OrgnlInstrId'),
    originalEndToEndId: own('OrgnlEndToEndId'),
    originalTransactionId: own('OrgnlTxId'),
    uetr: own('OrgnlUETR'),
    status: textAt(element, STATUS_NAME[level]) ?? null,
    reasons: readReasons(element, 'StsRsnInf'),
    ...(isTransaction ? amountOf(element) : originalOf(element)),
    ...(date === null ? {} : { date }),
    locator,
  };
}

/** The status of a payment that a message of returns (pacs.004) brings back. */
export function readReturn(
  transaction: XmlElement,
  place: StatusPlace & { readonly reasons: PaymentStatus['reasons'] },
): PaymentStatus {
  const reasons = readReasons(transaction, 'RtrRsnInf');
  return {
    ...readStatus(transaction, 'transaction', place),
    status: 'RTRN',
    reasons: reasons.length > 0 ? reasons : place.reasons,
  };
}

function amountOf(transaction: XmlElement): Pick<PaymentStatus, 'amount'> {
  for (const path of AMOUNT_PATHS) {
    const amount = readMoney(elementAt(transaction, path));
    if (!isFault(amount)) return { amount };
  }
  return {};
}

function originalOf(level: XmlElement): Pick<PaymentStatus, 'original'> {
  const count = textAt(level, 'OrgnlNbOfTxs') ?? null;
  const sum = textAt(level, 'OrgnlCtrlSum') ?? null;
  return count === null && sum === null ? {} : { original: { count, sum } };
}

/** Keeps a report aside that tells of no status at any level. */
export function rejectionOfSilence(report: XmlElement, locator: Locator): Rejection {
  const message = 'the report tells neither a status nor a reason at any level';
  return rejectionOf({ reason: 'STATUS_MISSING', message, field: 'GrpSts' }, report, locator);
}

function messageOf(
  group: XmlElement,
): Pick<OriginalIds, 'originalMessageId' | 'originalMessageName'> {
  const { originalMessageId, originalMessageName } = originalIdsOf(group);
  return { originalMessageId, originalMessageName };
}
