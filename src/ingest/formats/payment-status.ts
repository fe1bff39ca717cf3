import type { Locator, PaymentStatus, Rejection } from '../record.ts';
import { knownReference, rejectionOf } from './iso-field.ts';
import { readReasons } from './iso-reason.ts';
import { childOf, textAt, type XmlElement } from './xml-element.ts';

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

/** Reads the status a level tells of itself; what it says of neither status nor reason is `null` and empty. */
export function readStatus(
  element: XmlElement,
  level: Level,
  above: OriginalIds,
  locator: Locator,
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
    locator,
  };
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
