import type { BusinessDate } from '../../business-date.ts';
import type { Emit } from '../reader.ts';
import { clip, FileRefusal, type Locator, type PaymentStatus } from '../record.ts';
import { knownReference } from './iso-field.ts';
import {
  isKnownStatus,
  type OriginalIds,
  originalIdsOf,
  readStatus,
  rejectionOfSilence,
  reportDateOf,
  type StatusPlace,
} from './payment-status.ts';
import { textAt, type XmlElement } from './xml-element.ts';

/** Elements kept of an `OrgnlPmtInfAndSts` besides its transactions; no bank gives so many reasons. */
const MAX_HEAD = 1_000;

/** An `OrgnlPmtInfAndSts` while its elements pass: a level of its own, and what its transactions stand below. */
interface OpenInstruction {
  readonly line: number;
  readonly path: string;
  readonly head: XmlElement[];
  /** Its ids, once its own status is told. */
  ids: OriginalIds | undefined;
  transactions: number;
}

/** One status report: a statement of a payment message that holds statuses and no entries. */
export class PaymentReport {
  readonly #emit: Emit;
  /** For example `CstmrPmtStsRpt[1]`. */
  readonly #element: string;
  readonly #line: number;
  #header: XmlElement | undefined;
  #date: BusinessDate | null = null;
  #group: XmlElement | undefined;
  #above = originalIdsOf(undefined);
  #groups = 0;
  #instructions = 0;
  #transactions = 0;
  #told = 0;
  #isOpened = false;
  #instruction: OpenInstruction | undefined;

  constructor(emit: Emit, element: string, line: number) {
    this.#emit = emit;
    this.#element = element;
    this.#line = line;
  }

  get hasInstruction(): boolean {
    return this.#instruction !== undefined;
  }

  takeHeader(header: XmlElement): void {
    this.#header ??= header;
  }

  /** The level above all others; a report on several messages names the right one at each transaction. */
  takeGroup(group: XmlElement): void {
    this.#groups += 1;
    this.#group ??= group;
    const ids = originalIdsOf(group);
    this.#above = this.#groups === 1 ? ids : originalIdsOf(undefined);
    const path = `OrgnlGrpInfAndSts[${this.#groups}]`;
    this.#tellUnlessSilent(readStatus(group, 'group', this.#place(ids, path, group.line)));
  }

  beginInstruction(line: number): void {
    this.#instructions += 1;
    const path = `OrgnlPmtInfAndSts[${this.#instructions}]`;
    this.#instruction = { line, path, head: [], ids: undefined, transactions: 0 };
  }

  takeInstructionHead(element: XmlElement): void {
    const head = this.#instruction?.head;
    if (head === undefined) return;
    head.push(element);
    if (head.length <= MAX_HEAD) return;
    const message = `OrgnlPmtInfAndSts has more than ${MAX_HEAD} elements besides its transactions`;
    throw new FileRefusal('XML_TOKEN_TOO_LARGE', message, { line: element.line });
  }

  endInstruction(): void {
    if (this.#instruction !== undefined) this.#tellInstruction(this.#instruction);
    this.#instruction = undefined;
  }

  takeTransaction(element: XmlElement): void {
    const instruction = this.#instruction;
    if (instruction === undefined) {
      this.#transactions += 1;
      this.#tellTransaction(element, this.#above, `TxInfAndSts[${this.#transactions}]`);
      return;
    }
    const ids = this.#tellInstruction(instruction);
    instruction.transactions += 1;
    const path = `${instruction.path}/TxInfAndSts[${instruction.transactions}]`;
    this.#tellTransaction(element, ids, path);
  }

  close(line: number): void {
    this.#open();
    const locator = this.#at('', line);
    if (this.#told === 0) {
      const silent = this.#group ?? this.#header ?? emptyReport(this.#line);
      this.#emit(rejectionOfSilence(silent, { ...locator, line: silent.line }));
    }
    this.#emit({
      kind: 'statement-end',
      account: null,
      currency: null,
      openingMinor: null,
      closingMinor: null,
      closingDate: null,
      creditsMinor: 0n,
      debitsMinor: 0n,
      entries: 0,
      differenceMinor: null,
      locator,
    });
  }

  #open(): void {
    if (this.#isOpened) return;
    this.#isOpened = true;
    this.#emit({
      kind: 'statement',
      statementKind: 'payment-message',
      account: null,
      currency: null,
      number: knownReference(textAt(this.#header, 'MsgId')),
      openingMinor: null,
      openingDate: null,
      locator: this.#at('', this.#line),
    });
  }

  /** Tells the level once, before what is below it. */
  #tellInstruction(instruction: OpenInstruction): OriginalIds {
    if (instruction.ids !== undefined) return instruction.ids;
    const { line, path, head } = instruction;
    const element = { ...emptyReport(line), name: 'OrgnlPmtInfAndSts', children: head };
    const place = this.#place(this.#above, path, line);
    const status = readStatus(element, 'payment-information', place);
    const { originalMessageId, originalMessageName, originalPaymentInformationId } = status;
    instruction.ids = { originalMessageId, originalMessageName, originalPaymentInformationId };
    this.#tellUnlessSilent(status);
    return instruction.ids;
  }

  #tellTransaction(element: XmlElement, above: OriginalIds, path: string): void {
    // A transaction is told even without a status: it has the one of the level above.
    this.#tell(readStatus(element, 'transaction', this.#place(above, path, element.line)));
  }

  #tellUnlessSilent(status: PaymentStatus): void {
    if (status.status !== null || status.reasons.length > 0) this.#tell(status);
  }

  #tell(record: PaymentStatus): void {
    this.#open();
    this.#told += 1;
    this.#emit(record);
    const { status, locator } = record;
    if (status === null || isKnownStatus(status)) return;
    const message = `status "${clip(status, 40)}" is not one of ISO 20022`;
    this.#emit({ kind: 'diagnostic', code: 'STATUS_UNKNOWN', message, locator });
  }

  #place(above: OriginalIds, path: string, line: number): StatusPlace {
    this.#date ??= reportDateOf(this.#header);
    return { above, date: this.#date, locator: this.#at(path, line) };
  }

  #at(path: string, line: number): Locator {
    return { line, element: path === '' ? this.#element : `${this.#element}/${path}` };
  }
}

function emptyReport(line: number): XmlElement {
  return { name: 'GrpHdr', attributes: {}, children: [], text: '', isMixed: false, line };
}
