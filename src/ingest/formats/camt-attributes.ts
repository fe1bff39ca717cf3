import type { EntryAttributes, ReferenceKind } from '../record.ts';
import { readCharges } from './camt-charges.ts';
import type { CamtDetails } from './camt-details.ts';
import { readExchange } from './camt-exchange.ts';
import { knownReference } from './iso-field.ts';
import { accountNumberOf } from './iso-party.ts';
import {
  childOf,
  childrenOf,
  firstTextAt,
  textAt,
  textOf,
  type XmlElement,
} from './xml-element.ts';

/** What an entry is read for besides its amount. */
export interface AttributeSource {
  readonly ntry: XmlElement;
  readonly details: CamtDetails;
  readonly currency: string;
  /** The role of the other party in the payment behind the entry. */
  readonly role: 'Cdtr' | 'Dbtr';
}

/** The attributes of an entry, and the amounts that its rate may be held against. */
export interface ReadAttributes {
  readonly attributes: EntryAttributes;
  readonly ownAmounts: readonly bigint[];
}

type Draft = { -readonly [Key in keyof EntryAttributes]: EntryAttributes[Key] };
type References = Partial<Record<ReferenceKind, string>>;

const KIND_BY_ELEMENT: Readonly<Record<string, ReferenceKind>> = Object.assign(
  Object.create(null),
  {
    InstrId: 'instruction',
    TxId: 'transaction',
    UETR: 'uetr',
    MndtId: 'mandate',
    ClrSysRef: 'clearing',
    MsgId: 'message',
    PmtInfId: 'payment-information',
    ChqNb: 'cheque',
  } satisfies Record<string, ReferenceKind>,
);

const ATTRIBUTE_ELEMENTS = new Set(['AmtDtls', 'BkTxCd', 'Chrgs', 'RltdPties', 'RtrInf']);
const NO_ELEMENTS: readonly XmlElement[] = [];
const NO_AMOUNTS: readonly bigint[] = [];

const REASON_PATHS = [
  ['Rsn', 'Cd'],
  ['Rsn', 'Prtry'],
  ['RtrRsn', 'Cd'],
  ['RtrRsn', 'Prtry'],
] as const;

const OWN_CODE_PATHS = [['Prtry', 'Cd'], ['Prtry']] as const;

const CREDITOR_REFERENCE_PATHS = [
  ['CdtrRefInf', 'Ref'],
  ['CdtrRefInf', 'CdtrRef'],
] as const;

/** Reads what an entry, its batch and its one detail say besides the amount; `undefined` when that is nothing. */
export function readAttributes(source: AttributeSource): ReadAttributes | undefined {
  const { ntry, details, currency } = source;
  const { single } = details;
  const batches = batchesOf(ntry);
  if (batches.length === 0 && !isAnythingSaid(source)) return undefined;
  const draft: Draft = {};
  const references = referencesOf(details, batches);
  if (references !== undefined) draft.references = references;
  takeCharges(draft, ntry, details);
  const code = codeOf(childOf(ntry, 'BkTxCd')) ?? codeOf(childOf(single, 'BkTxCd'));
  if (code !== undefined) draft.transactionCode = code;
  if (single !== undefined) takeDetail(draft, single, source);
  const read = readExchange([ntry, single], currency);
  if (read !== undefined) draft.exchange = read.exchange;
  for (const _ in draft) return { attributes: draft, ownAmounts: read?.ownAmounts ?? NO_AMOUNTS };
  return undefined;
}

/** One look at the names: an entry with nothing but amount, dates and text is common, and reading it is the hot path. */
function isAnythingSaid({ ntry, details, currency }: AttributeSource): boolean {
  if (details.charges.length > 0 || details.isBatchNamed) return true;
  for (const { name } of ntry.children) {
    if (name === 'BkTxCd' || name === 'Chrgs' || name === 'AmtDtls') return true;
  }
  for (const child of details.single?.children ?? []) {
    if (child.name === 'RmtInf') {
      if (childOf(child, 'Strd') !== undefined) return true;
    } else if (child.name === 'Amt') {
      if (child.attributes.Ccy !== currency) return true;
    } else if (child.name === 'Refs') {
      if (child.children.some((reference) => KIND_BY_ELEMENT[reference.name] !== undefined))
        return true;
    } else if (ATTRIBUTE_ELEMENTS.has(child.name)) return true;
  }
  return false;
}

/** Entry and detail often repeat one charge, so the entry's count, and the details' only where it has none. */
function takeCharges(draft: Draft, ntry: XmlElement, details: CamtDetails): void {
  const own = readCharges(ntry);
  const charges = own.length > 0 ? own : details.charges;
  if (charges.length > 0) draft.charges = charges;
}

function referencesOf(
  { single, paymentInformation, message }: CamtDetails,
  batches: readonly XmlElement[],
): References | undefined {
  const references: References = {};
  for (const reference of childOf(single, 'Refs')?.children ?? NO_ELEMENTS) {
    const kind = KIND_BY_ELEMENT[reference.name];
    if (kind !== undefined) put(references, kind, textOf(reference));
  }
  put(references, 'payment-information', paymentInformation);
  put(references, 'message', message);
  if (batches.length > 0) {
    put(references, 'payment-information', commonText(batches, 'PmtInfId'));
    put(references, 'message', commonText(batches, 'MsgId'));
  }
  const parties = childOf(single, 'RltdPties');
  if (parties !== undefined)
    put(references, 'creditor', creditorIdentifier(childOf(parties, 'Cdtr')));
  for (const _ in references) return references;
  return undefined;
}

/** The first reference of a kind counts. */
function put(references: References, kind: ReferenceKind, text: string | undefined): void {
  if (text === undefined || references[kind] !== undefined) return;
  const known = knownReference(text);
  if (known !== null) references[kind] = known;
}

/** The batches of an entry: in its `NtryDtls`, or in version .01 in the entry itself. */
export function batchesOf(ntry: XmlElement): readonly XmlElement[] {
  let found: XmlElement[] | undefined;
  for (const child of ntry.children) {
    const batch = child.name === 'NtryDtls' ? childOf(child, 'Btch') : child;
    if (batch?.name !== 'Btch') continue;
    found ??= [];
    found.push(batch);
  }
  return found ?? NO_ELEMENTS;
}

/** What all of the elements say; several batches in one entry have no id in common. */
function commonText(elements: readonly XmlElement[], name: string): string | undefined {
  const text = textAt(elements[0], name);
  return elements.every((element) => textAt(element, name) === text) ? text : undefined;
}

/** The identifier of a SEPA direct debit creditor, which stands among the private ids of the party. */
function creditorIdentifier(cdtr: XmlElement | undefined): string | undefined {
  const party = childOf(cdtr, 'Pty') ?? cdtr;
  const ids = childrenOf(childOf(childOf(party, 'Id'), 'PrvtId'), 'Othr');
  return textAt(
    ids.find((id) => textAt(id, 'SchmeNm', 'Prtry') === 'SEPA'),
    'Id',
  );
}

function takeDetail(draft: Draft, detail: XmlElement, { role }: AttributeSource): void {
  const parties = childOf(detail, 'RltdPties');
  const account = parties === undefined ? null : accountNumberOf(childOf(parties, `${role}Acct`));
  const reference = creditorReference(detail);
  const returned = childOf(detail, 'RtrInf');
  const reason = returned === undefined ? undefined : firstTextAt(returned, REASON_PATHS);
  if (account !== null) draft.counterpartyAccount = account;
  if (reference !== undefined) draft.creditorReference = reference;
  if (reason !== undefined) draft.returnReason = reason;
}

/** The one structured reference of a payment; where it pays several, none of them is its reference. */
function creditorReference(detail: XmlElement): string | undefined {
  let found: string | undefined;
  for (const structured of childrenOf(childOf(detail, 'RmtInf'), 'Strd')) {
    const reference = firstTextAt(structured, CREDITOR_REFERENCE_PATHS);
    if (reference === undefined || reference === found) continue;
    if (found !== undefined) return undefined;
    found = reference;
  }
  return found;
}

/** `PMNT/RCDT/ESCT`, else the bank's own code with its issuer: `NTRF+166+9310 (DK)`. */
function codeOf(element: XmlElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  const domain = childOf(element, 'Domn');
  const family = childOf(domain, 'Fmly');
  const parts = [textAt(domain, 'Cd'), textAt(family, 'Cd'), textAt(family, 'SubFmlyCd')];
  let code = '';
  for (const part of parts) if (part !== undefined) code = code === '' ? part : `${code}/${part}`;
  if (code !== '') return code;
  const own = firstTextAt(element, OWN_CODE_PATHS);
  const issuer = textAt(element, 'Prtry', 'Issr');
  return own === undefined || issuer === undefined ? own : `${own} (${issuer})`;
}
