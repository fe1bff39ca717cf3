import type { BusinessDate } from '../../business-date.ts';
import type { Money } from '../../money.ts';
import type { EntryType, Locator, ParsedEntry, Rejection, StatusReason } from '../record.ts';
import { digestOf } from './entry-identity.ts';
import type { IsoMessage } from './iso-document.ts';
import {
  type Fault,
  isFault,
  knownReference,
  readDate,
  readMoney,
  rejectionOf,
} from './iso-field.ts';
import { accountNumberOf, partyNameOf } from './iso-party.ts';
import { readReasons } from './iso-reason.ts';
import { remittanceOf } from './iso-remittance.ts';
import { type GroupReferences, readAttributes, remittanceElementOf } from './payment-attributes.ts';
import { childOf, elementAt, type XmlElement } from './xml-element.ts';

/** How one kind of message writes its transactions. */
export interface TransactionMessage extends IsoMessage {
  readonly type: EntryType;
  /** The element that holds the transactions of one account; a pacs message has none. */
  readonly group: 'PmtInf' | undefined;
  /** The element of one transaction. */
  readonly transaction: string;
  /** Where the amount stands; the first that is there counts. */
  readonly amountPaths: readonly (readonly string[])[];
  /** The day the money moves, at the transaction or at its group. */
  readonly dateField: string;
  /** Whose account the amounts are signed for. */
  readonly owner: 'Dbtr' | 'Cdtr';
  /** Control sums that the header or the group may declare. */
  readonly sums: readonly string[];
}

/** What a transaction takes from the group and the message it stands in. */
export interface TransactionContext {
  readonly message: TransactionMessage;
  /** The owner's account, where the group tells it. */
  readonly account: string | null;
  readonly references: GroupReferences;
  /** The day all of the group's transactions move, or why it cannot be read. */
  readonly valueDate: BusinessDate | null | Fault;
  /** Why all of the group's payments come back. */
  readonly reasons: readonly StatusReason[];
  readonly locator: Locator;
}

/** A transaction that was read, and what beside its amount could not be. */
export interface ReadTransaction {
  readonly record: ParsedEntry | Rejection;
  readonly faults: readonly Fault[];
}

/** The element with the amount of a transaction. */
export function amountElementOf(
  transaction: XmlElement,
  { amountPaths }: TransactionMessage,
): XmlElement | undefined {
  for (const path of amountPaths) {
    const at = elementAt(transaction, path);
    if (at !== undefined) return at;
  }
  return undefined;
}

/** Reads one transaction; one without a readable amount or day is rejected with its first fault. */
export function readTransaction(
  transaction: XmlElement,
  context: TransactionContext,
): ReadTransaction {
  const core = readCore(transaction, context);
  if (isFault(core)) return { record: rejectionOf(core, transaction, context.locator), faults: [] };
  const reasons = readReasons(transaction, 'RtrRsnInf');
  const parties = partiesOf(transaction, context.message);
  const { attributes, faults } = readAttributes(transaction, {
    references: context.references,
    counterpartyAccount: parties.counterpartyAccount,
    reasons: reasons.length > 0 ? reasons : context.reasons,
    amount: core,
  });
  const narrative = narrativeOf(transaction, reasons);
  const ids = idsOf(transaction, context.message);
  const identity = digestOf([
    ...identityOf(core, ids, context),
    attributes?.references?.instruction,
    attributes?.references?.uetr,
    parties.counterpartyAccount,
    narrative,
  ]);
  const { amountMinor, currency, valueDate } = core;
  const isOfGroup = context.message.group !== undefined;
  const record: ParsedEntry = {
    kind: 'entry',
    type: context.message.type,
    // A message instructs or tells of a payment; what moves the account is the bank's statement.
    status: 'information',
    currency,
    amountMinor,
    grossMinor: amountMinor,
    feesMinor: {},
    isReversal: false,
    bookingDate: null,
    valueDate,
    externalId: ids.externalId,
    reference: ids.reference,
    originalReference: ids.originalReference,
    ...(isOfGroup || parties.account === null ? {} : { account: parties.account }),
    batch: null,
    counterparty: parties.counterparty,
    narrative,
    identity,
    isIdentityUnique: false,
    details: 0,
    ...(attributes === undefined ? {} : { attributes }),
    locator: context.locator,
  };
  return { record, faults };
}

type Core = Money & Pick<ParsedEntry, 'valueDate'>;
type Ids = Pick<ParsedEntry, 'externalId' | 'reference' | 'originalReference'>;

function readCore(transaction: XmlElement, context: TransactionContext): Core | Fault {
  const { message } = context;
  const name = message.amountPaths[0]?.at(-1);
  const amount = amountElementOf(transaction, message);
  const money = readMoney(amount, amount?.name ?? name);
  if (isFault(money)) return money;
  const { currency } = money;
  const amountMinor = isPaidByOwner(message) ? -money.amountMinor : money.amountMinor;
  const own = readDate(transaction, message.dateField);
  const valueDate = own ?? context.valueDate;
  return isFault(valueDate) ? { ...valueDate, amountMinor } : { amountMinor, currency, valueDate };
}

function isPaidByOwner({ type, owner }: TransactionMessage): boolean {
  return type === 'credit-transfer' && owner === 'Dbtr';
}

function idsOf(transaction: XmlElement, { type, group }: TransactionMessage): Ids {
  const ids = childOf(transaction, 'PmtId');
  const at = (element: XmlElement | undefined, name: string) =>
    knownReference(childOf(element, name)?.text.trim() || undefined);
  if (type !== 'return') {
    const externalId = group === undefined ? at(ids, 'TxId') : null;
    return { externalId, reference: at(ids, 'EndToEndId'), originalReference: null };
  }
  const original = at(transaction, 'OrgnlEndToEndId') ?? at(transaction, 'OrgnlTxId');
  return { externalId: at(transaction, 'RtrId'), reference: null, originalReference: original };
}

interface Parties {
  readonly account: string | null;
  readonly counterparty: string | null;
  readonly counterpartyAccount: string | null;
}

/** Both sides of a transaction; a return without a chain of its own turns the sides of the original around. */
function partiesOf(transaction: XmlElement, { type, owner }: TransactionMessage): Parties {
  if (type !== 'return') return sidesOf(transaction, owner);
  const chain = childOf(transaction, 'RtrChain');
  if (chain !== undefined) return sidesOf(chain, owner);
  return sidesOf(childOf(transaction, 'OrgnlTxRef'), owner === 'Cdtr' ? 'Dbtr' : 'Cdtr');
}

function sidesOf(element: XmlElement | undefined, owner: 'Dbtr' | 'Cdtr'): Parties {
  const other = owner === 'Cdtr' ? 'Dbtr' : 'Cdtr';
  return {
    account: accountNumberOf(childOf(element, `${owner}Acct`)),
    counterparty: partyNameOf(childOf(element, other)),
    counterpartyAccount: accountNumberOf(childOf(element, `${other}Acct`)),
  };
}

function narrativeOf(transaction: XmlElement, reasons: readonly StatusReason[]): string | null {
  const texts = remittanceOf(remittanceElementOf(transaction));
  for (const { text } of reasons) if (text !== null) texts.push(text);
  return texts.join(' ') || null;
}

function identityOf(core: Core, ids: Ids, context: TransactionContext): (string | null)[] {
  return [
    context.message.format,
    context.account,
    context.references.message,
    context.references['payment-information'],
    core.valueDate,
    core.amountMinor.toString(),
    core.currency,
    ids.externalId,
    ids.reference ?? ids.originalReference,
  ];
}
