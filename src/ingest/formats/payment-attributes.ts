import type { Money } from '../../money.ts';
import type { Charge, EntryAttributes, Exchange, ReferenceKind, StatusReason } from '../record.ts';
import { type Fault, isFault, knownReference, readMoney } from './iso-field.ts';
import { creditorReferenceOf } from './iso-remittance.ts';
import { childOf, childrenOf, firstTextAt, textAt, type XmlElement } from './xml-element.ts';

/** References a transaction has from its group and its message. */
export type GroupReferences = Readonly<
  Record<'message' | 'payment-information' | 'creditor', string | null>
>;

/** What of a transaction is known before its attributes are read. */
export interface AttributeContext {
  readonly references: GroupReferences;
  readonly counterpartyAccount: string | null;
  readonly reasons: readonly StatusReason[];
  readonly amount: Money;
}

type Paths = readonly (readonly string[])[];

const REFERENCE_PATHS: readonly (readonly [ReferenceKind, Paths])[] = [
  ['instruction', [['PmtId', 'InstrId'], ['OrgnlInstrId']]],
  ['transaction', [['PmtId', 'TxId'], ['OrgnlTxId']]],
  ['uetr', [['PmtId', 'UETR'], ['OrgnlUETR']]],
  ['clearing', [['PmtId', 'ClrSysRef'], ['OrgnlClrSysRef']]],
  [
    'mandate',
    [
      ['DrctDbtTx', 'MndtRltdInf', 'MndtId'],
      ['OrgnlTxRef', 'MndtRltdInf', 'MndtId'],
      ['OrgnlTxRef', 'MndtRltdInf', 'DrctDbtMndt', 'MndtId'],
    ],
  ],
  ['creditor', [['DrctDbtTx', 'CdtrSchmeId', 'Id', 'PrvtId', 'Othr', 'Id']]],
  ['cheque', [['ChqInstr', 'ChqNb']]],
];

/** Reads what no amount depends on; faults tell of a charge or another amount that could not be read. */
export function readAttributes(
  transaction: XmlElement,
  context: AttributeContext,
): { readonly attributes: EntryAttributes | undefined; readonly faults: readonly Fault[] } {
  const charges = childrenOf(transaction, 'ChrgsInf').map(readCharge);
  const exchange = readExchange(transaction, context.amount);
  const remittance = childOf(transaction, 'RmtInf');
  const original = childOf(childOf(transaction, 'OrgnlTxRef'), 'RmtInf');
  const told = charges.filter((charge): charge is Charge => !isFault(charge));
  const attributes = withoutAbsent<EntryAttributes>({
    references: referencesOf(transaction, context.references),
    counterpartyAccount: context.counterpartyAccount,
    creditorReference: creditorReferenceOf(remittance ?? original),
    returnReason: context.reasons.flatMap(({ code }) => code ?? []).join(' ') || undefined,
    charges: told.length > 0 ? told : undefined,
    exchange: isFault(exchange) ? undefined : exchange,
  });
  return { attributes, faults: [...charges, exchange].filter(isFault) };
}

function referencesOf(
  transaction: XmlElement,
  group: GroupReferences,
): EntryAttributes['references'] {
  const own = REFERENCE_PATHS.map(([kind, paths]) => [
    kind,
    knownReference(firstTextAt(transaction, paths)),
  ]);
  const told: Partial<Record<ReferenceKind, string | null>> = Object.fromEntries(own);
  return withoutAbsent<Partial<Record<ReferenceKind, string>>>({
    ...told,
    creditor: told.creditor ?? group.creditor,
    message: group.message,
    'payment-information': group['payment-information'],
  });
}

function readCharge(element: XmlElement): Charge | Fault {
  const money = readMoney(childOf(element, 'Amt'));
  if (isFault(money)) return money;
  return {
    currency: money.currency,
    amountMinor: -money.amountMinor,
    isIncluded: null,
    type:
      firstTextAt(element, [
        ['Tp', 'Cd'],
        ['Tp', 'Prtry', 'Id'],
      ]) ?? null,
  };
}

/** The amount that was instructed, where it is in another currency or a rate is told. */
function readExchange(transaction: XmlElement, amount: Money): Exchange | Fault | undefined {
  const settled =
    childOf(transaction, 'IntrBkSttlmAmt') ?? childOf(transaction, 'RtrdIntrBkSttlmAmt');
  const element = childOf(transaction, 'InstdAmt') ?? childOf(transaction, 'RtrdInstdAmt');
  if (settled === undefined || element === undefined) return undefined;
  const rate = textAt(transaction, 'XchgRate') ?? null;
  const instructed = readMoney(element, element.name);
  if (isFault(instructed)) return instructed;
  if (instructed.currency === amount.currency && rate === null) return undefined;
  return { ...instructed, rate, unitCurrency: null };
}

/** The object without what is absent; `undefined` when nothing is left. */
function withoutAbsent<T extends object>(
  object: { readonly [K in keyof T]: T[K] | null | undefined },
): T | undefined;
function withoutAbsent(object: object): object | undefined {
  const told = Object.entries(object).filter(([, value]) => value !== undefined && value !== null);
  return told.length > 0 ? Object.fromEntries(told) : undefined;
}
