import type { Emit } from '../reader.ts';
import type { StatementClosed } from '../record.ts';
import { ControlValues } from './control-values.ts';
import type { MessageVisitor } from './iso-document.ts';
import { PaymentGroup } from './payment-group.ts';
import type { TransactionMessage } from './payment-transaction.ts';
import type { XmlElement } from './xml-element.ts';

/**
 * Messages that hold transactions:
 *
 *   CstmrCdtTrfInitn/GrpHdr, PmtInf*      pain.001, credit transfers a customer instructs
 *   CstmrDrctDbtInitn/GrpHdr, PmtInf*     pain.008, direct debits a customer instructs
 *   …/PmtInf/CdtTrfTxInf*, DrctDbtTxInf*  the transactions of one account and day
 *   FIToFICstmrCdtTrf/GrpHdr, CdtTrfTxInf*   pacs.008, credit transfers between banks
 *   PmtRtr/GrpHdr, TxInf*                 pacs.004, payments that come back
 */
export const TRANSACTION_MESSAGES: readonly TransactionMessage[] = [
  {
    format: 'pain.001',
    message: 'CstmrCdtTrfInitn',
    type: 'credit-transfer',
    group: 'PmtInf',
    transaction: 'CdtTrfTxInf',
    amountPaths: [
      ['Amt', 'InstdAmt'],
      ['Amt', 'EqvtAmt', 'Amt'],
    ],
    dateField: 'ReqdExctnDt',
    owner: 'Dbtr',
    sums: ['CtrlSum'],
  },
  {
    format: 'pain.008',
    message: 'CstmrDrctDbtInitn',
    type: 'direct-debit',
    group: 'PmtInf',
    transaction: 'DrctDbtTxInf',
    amountPaths: [['InstdAmt']],
    dateField: 'ReqdColltnDt',
    owner: 'Cdtr',
    sums: ['CtrlSum'],
  },
  {
    format: 'pacs.008',
    message: 'FIToFICstmrCdtTrf',
    type: 'credit-transfer',
    group: undefined,
    transaction: 'CdtTrfTxInf',
    amountPaths: [['IntrBkSttlmAmt']],
    dateField: 'IntrBkSttlmDt',
    owner: 'Cdtr',
    sums: ['CtrlSum', 'TtlIntrBkSttlmAmt'],
  },
  {
    format: 'pacs.004',
    message: 'PmtRtr',
    type: 'return',
    group: undefined,
    transaction: 'TxInf',
    amountPaths: [['RtrdIntrBkSttlmAmt']],
    dateField: 'IntrBkSttlmDt',
    owner: 'Cdtr',
    sums: ['CtrlSum', 'TtlRtrdIntrBkSttlmAmt'],
  },
];

/** Hands the transactions of a message, one at a time, to the group that is open. */
export class PaymentTransactions implements MessageVisitor {
  readonly #emit: Emit;
  readonly #message: TransactionMessage;
  #messages = 0;
  #line = 1;
  #groups = 0;
  #header: XmlElement | undefined;
  #controls = new ControlValues();
  #group: PaymentGroup | undefined;
  /** The end of the last statement, held back for what the end of the message has to say of it. */
  #ended: StatementClosed | undefined;

  constructor(emit: Emit, message: TransactionMessage) {
    this.#emit = emit;
    this.#message = message;
  }

  begin(line: number): void {
    this.#messages += 1;
    this.#line = line;
    this.#header = undefined;
    this.#controls = new ControlValues();
  }

  open(name: string, depth: number, line: number): boolean {
    if (depth === 2) return this.#group?.wants(name) ?? false;
    if (depth > 2) return false;
    if (name === 'GrpHdr') return true;
    const { group, transaction } = this.#message;
    if (group === undefined) return name === transaction || name === 'OrgnlGrpInf';
    if (name === group) this.#beginGroup(line);
    return false;
  }

  close(depth: number, line: number): void {
    if (depth === 0) this.#endMessage(line);
    else if (depth === 1 && this.#message.group !== undefined) this.#endGroup(line);
  }

  subtree(element: XmlElement): void {
    if (element.name === 'GrpHdr') this.#header ??= element;
    else this.#openGroup().take(element);
  }

  #beginGroup(line: number): void {
    this.#release();
    this.#groups += 1;
    this.#group = this.#groupAt(`${this.#message.group}[${this.#groups}]`, line);
  }

  /** The group that is open; the message itself is one where it has no groups. */
  #openGroup(): PaymentGroup {
    this.#group ??= this.#groupAt(`${this.#message.message}[${this.#messages}]`, this.#line);
    return this.#group;
  }

  #groupAt(element: string, line: number): PaymentGroup {
    return new PaymentGroup(this.#emit, {
      message: this.#message,
      element,
      line,
      header: this.#header,
      controls: this.#controls,
    });
  }

  #endGroup(line: number): void {
    if (this.#group === undefined) return;
    this.#ended = this.#group.close(line);
    this.#group = undefined;
  }

  /** The header's control values belong to all groups, so the last statement tells of them. */
  #endMessage(line: number): void {
    if (this.#ended === undefined) this.#openGroup();
    this.#endGroup(line);
    const { element } = this.#ended?.locator ?? {};
    const locator = element === undefined ? { line } : { line, element };
    for (const message of this.#controls.disagreements(this.#header, this.#message.sums))
      this.#emit({ kind: 'diagnostic', code: 'CONTROL_TOTAL', message, locator });
    this.#release();
  }

  #release(): void {
    if (this.#ended !== undefined) this.#emit(this.#ended);
    this.#ended = undefined;
  }
}
