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

type Draft = { -readonly [K in keyof EntryAttributes]: EntryAttributes[K] };

/** Reads what no amount depends on; faults tell of a charge or another amount that could not be read. */
export function readAttributes(
  transaction: XmlElement,
  context: AttributeContext,
): { readonly attributes: EntryAttributes | undefined; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const attributes: Draft = {};
  const references = referencesOf(transaction, context.references);
  if (references !== undefined) attributes.references = references;
  if (context.counterpartyAccount !== null)
    attributes.counterpartyAccount = context.counterpartyAccount;
  const creditorReference = creditorReferenceOf(remittanceElementOf(transaction));
  if (creditorReference !== undefined) attributes.creditorReference = creditorReference;
  const returnReason = context.reasons.flatMap(({ code }) => code ?? []).join(' ');
  if (returnReason !== '') attributes.returnReason = returnReason;
  const charges = chargesOf(transaction, faults);
  if (charges.length > 0) attributes.charges = charges;
  const exchange = readExchange(transaction, context.amount);
  if (isFault(exchange)) faults.push(exchange);
  else if (exchange !== undefined) attributes.exchange = exchange;
  return { attributes: isEmpty(attributes) ? undefined : attributes, faults };
}

/** The remittance of a transaction, or of the one it returns. */
export function remittanceElementOf(transaction: XmlElement): XmlElement | undefined {
  return childOf(transaction, 'RmtInf') ?? childOf(childOf(transaction, 'OrgnlTxRef'), 'RmtInf');
}

function referencesOf(
  transaction: XmlElement,
  group: GroupReferences,
): EntryAttributes['references'] {
  const told: Partial<Record<ReferenceKind, string>> = {};
  for (const [kind, paths] of REFERENCE_PATHS) {
    const reference = knownReference(firstTextAt(transaction, paths));
    if (reference !== null) told[kind] = reference;
  }
  if (group.creditor !== null) told.creditor ??= group.creditor;
  if (group.message !== null) told.message = group.message;
  if (group['payment-information'] !== null)
    told['payment-information'] = group['payment-information'];
  return isEmpty(told) ? undefined : told;
}

function chargesOf(transaction: XmlElement, faults: Fault[]): Charge[] {
  const charges: Charge[] = [];
  for (const element of childrenOf(transaction, 'ChrgsInf')) {
    const charge = readCharge(element);
    if (isFault(charge)) faults.push(charge);
    else charges.push(charge);
  }
  return charges;
}

function readCharge(element: XmlElement): Charge | Fault {
  const money = readMoney(childOf(element, 'Amt'), 'ChrgsInf/Amt');
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

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
