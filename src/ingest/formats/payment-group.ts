import type { Currency } from '../../currency.ts';
import type { Emit } from '../reader.ts';
import type { Locator, ParsedEntry, StatementClosed, StatusReason } from '../record.ts';
import { ControlValues } from './control-values.ts';
import { type Fault, knownReference, readDate } from './iso-field.ts';
import { accountNumberOf } from './iso-party.ts';
import { readReasons } from './iso-reason.ts';
import { originalIdsOf, readReturn } from './payment-status.ts';
import {
  amountElementOf,
  readTransaction,
  type TransactionContext,
  type TransactionMessage,
} from './payment-transaction.ts';
import { childOf, textAt, type XmlElement } from './xml-element.ts';

/** Where a group stands, and what its message says of all of them. */
export interface GroupPlace {
  readonly message: TransactionMessage;
  /** For example `PmtInf[2]`. */
  readonly element: string;
  readonly line: number;
  readonly header: XmlElement | undefined;
  /** Counts over all groups of the message. */
  readonly controls: ControlValues;
}

/** What is kept of a group besides its transactions; an element that comes again is passed over. */
const HEAD_NAMES: ReadonlySet<string> = new Set([
  'PmtInfId',
  'NbOfTxs',
  'CtrlSum',
  'ReqdExctnDt',
  'ReqdColltnDt',
  'DbtrAcct',
  'CdtrAcct',
  'CdtrSchmeId',
  'OrgnlGrpInf',
]);

/** One statement of a payment message: the transactions of one `PmtInf`, or all of a pacs message. */
export class PaymentGroup {
  readonly #emit: Emit;
  readonly #place: GroupPlace;
  readonly #head = new Map<string, XmlElement>();
  readonly #controls = new ControlValues();
  #context: Omit<TransactionContext, 'locator'> | undefined;
  #ordinal = 0;
  #entries = 0;
  /** The currency all transactions share, `null` when they do not. */
  #currency: Currency | null | undefined;

  constructor(emit: Emit, place: GroupPlace) {
    this.#emit = emit;
    this.#place = place;
  }

  /** Whether a child of the group is needed whole. */
  wants(name: string): boolean {
    return name === this.#place.message.transaction || HEAD_NAMES.has(name);
  }

  /** A child of the group is complete; the first transaction opens the statement, because its head is complete then. */
  take(element: XmlElement): void {
    if (element.name === this.#place.message.transaction) this.#takeTransaction(element);
    else if (!this.#head.has(element.name)) this.#head.set(element.name, element);
  }

  /** Tells control values that disagree, and returns the end of the statement for its reader to emit. */
  close(line: number): StatementClosed {
    const { account } = this.#open();
    const { element, message } = this.#place;
    const locator = { line, element };
    for (const sentence of this.#controls.disagreements(this.#headElement, message.sums))
      this.#emit({ kind: 'diagnostic', code: 'CONTROL_TOTAL', message: sentence, locator });
    return {
      kind: 'statement-end',
      account,
      currency: this.#currency ?? null,
      openingMinor: null,
      closingMinor: null,
      closingDate: null,
      creditsMinor: 0n,
      debitsMinor: 0n,
      entries: this.#entries,
      differenceMinor: null,
      locator,
    };
  }

  #open(): Omit<TransactionContext, 'locator'> {
    if (this.#context !== undefined) return this.#context;
    const { message, header, element, line } = this.#place;
    const head = this.#headElement;
    const ids = {
      message: knownReference(textAt(header, 'MsgId')),
      'payment-information': knownReference(textAt(head, 'PmtInfId')),
      creditor: textAt(head, 'CdtrSchmeId', 'Id', 'PrvtId', 'Othr', 'Id') ?? null,
    };
    this.#context = {
      message,
      account: accountNumberOf(childOf(head, `${message.owner}Acct`)),
      references: ids,
      valueDate: this.#valueDate(),
      reasons: readReasons(childOf(head, 'OrgnlGrpInf'), 'RtrRsnInf'),
    };
    this.#emit({
      kind: 'statement',
      statementKind: 'payment-message',
      account: this.#context.account,
      currency: null,
      number: ids['payment-information'] ?? ids.message,
      openingMinor: null,
      openingDate: null,
      locator: { line, element },
    });
    return this.#context;
  }

  get #headElement(): XmlElement {
    const { message, line } = this.#place;
    const children = [...this.#head.values()];
    const name = message.group ?? message.message;
    return { name, attributes: {}, children, text: '', isMixed: false, line };
  }

  #valueDate(): TransactionContext['valueDate'] {
    const { message, header } = this.#place;
    if (message.group !== undefined) return readDate(this.#headElement, message.dateField);
    return header === undefined ? null : readDate(header, message.dateField);
  }

  #takeTransaction(element: XmlElement): void {
    const context = this.#open();
    const { message } = context;
    this.#ordinal += 1;
    const amount = amountElementOf(element, message);
    const decimal = amount?.isMixed ? undefined : amount?.text.trim();
    this.#controls.add(decimal);
    this.#place.controls.add(decimal);
    const locator = {
      line: element.line,
      element: `${this.#place.element}/${element.name}[${this.#ordinal}]`,
    };
    const { record, faults } = readTransaction(element, { ...context, locator });
    this.#emit(record);
    if (record.kind === 'entry') this.#count(record);
    if (record.kind === 'entry' && message.type === 'return')
      this.#tellReturn(element, record, context.reasons);
    for (const fault of faults) this.#diagnose(fault, locator);
  }

  /** What came back is the status of the payment it was, too: the bank's statement will show it as money only. */
  #tellReturn(
    element: XmlElement,
    { valueDate, locator }: ParsedEntry,
    reasons: readonly StatusReason[],
  ): void {
    const above = originalIdsOf(this.#head.get('OrgnlGrpInf'));
    this.#emit(readReturn(element, { above, date: valueDate, reasons, locator }));
  }

  #count({ currency }: ParsedEntry): void {
    this.#entries += 1;
    if (this.#currency === undefined) this.#currency = currency;
    else if (this.#currency !== currency) this.#currency = null;
  }

  #diagnose(fault: Fault, locator: Locator): void {
    const message = `${fault.reason}: ${fault.message}`;
    this.#emit({ kind: 'diagnostic', code: 'ATTRIBUTE_UNREADABLE', message, locator });
  }
}
