import type { Detected, Emit, Format, Reader, ReadSettings } from '../reader.ts';
import { FileRefusal } from '../record.ts';
import { MessagePages } from './camt-pages.ts';
import { CamtStatement } from './camt-statement.ts';
import { detectDocument, type IsoMessage } from './iso-document.ts';
import type { XmlElement } from './xml-element.ts';
import { XmlSubtrees, type XmlVisitor } from './xml-subtree.ts';

/**
 * ISO 20022 bank to customer cash management, any version:
 *
 *   Document/BkToCstmrStmt/Stmt        camt.053, booked entries of a day with balances
 *   Document/BkToCstmrAcctRpt/Rpt      camt.052, the same within the day
 *   Document/BkToCstmrDbtCdtNtfctn/Ntfctn   camt.054, entries without balances
 *   …/Acct, Bal*, TxsSummry, Ntry*     what each of them holds
 *   …/Ntry/NtryDtls/TxDtls*            the payments behind one booked amount
 */
export const camt053: Format = {
  name: 'camt.053',
  detect: (head) => detectDocument(head, MESSAGES),
  open: (emit, detected, settings) => new CamtReader(emit, detected, settings),
};

interface Message extends IsoMessage {
  readonly statement: string;
}

const STATEMENT: Message = { format: 'camt.053', message: 'BkToCstmrStmt', statement: 'Stmt' };

const MESSAGES: readonly Message[] = [
  STATEMENT,
  { format: 'camt.052', message: 'BkToCstmrAcctRpt', statement: 'Rpt' },
  { format: 'camt.054', message: 'BkToCstmrDbtCdtNtfctn', statement: 'Ntfctn' },
];

/** Finds the statements of one message and hands their children, one at a time, to the statement that is open. */
class CamtReader implements Reader, XmlVisitor {
  readonly partName = 'TxDtls';
  readonly #emit: Emit;
  readonly #message: Message;
  readonly #settings: ReadSettings;
  readonly #pages = new MessagePages();
  readonly #xml: XmlSubtrees;
  /** Depth of the `Document` that is open, 0 outside. */
  #document = 0;
  #messages = 0;
  #statements = 0;
  #statement: CamtStatement | undefined;
  /** The statement before, which the next one may go on with. */
  #previous: CamtStatement | undefined;
  #isPageBeforeMissing = false;

  constructor(emit: Emit, detected: Detected, settings: ReadSettings) {
    this.#emit = emit;
    this.#settings = settings;
    this.#message = MESSAGES.find(({ format }) => format === detected.format) ?? STATEMENT;
    this.#xml = new XmlSubtrees(this);
  }

  write(chunk: string): void {
    this.#xml.write(chunk);
  }

  end(): void {
    this.#xml.end();
    if (this.#messages === 0) this.#refuseMessage('there is no Document with a message');
    if (this.#pages.isOwed) this.#missPages();
    this.#previous?.end();
  }

  open(name: string, depth: number, line: number): boolean {
    if (this.#document === 0) {
      if (name === 'Document') this.#document = depth;
      return false;
    }
    const below = depth - this.#document;
    if (below === 1) this.#openMessage(name);
    if (below === 2 && name === this.#message.statement) this.#openStatement(line);
    if (below === 2 && name === 'GrpHdr') return true;
    if (below !== 3 || this.#statement === undefined) return false;
    this.#statement.begin(name);
    return true;
  }

  close(depth: number, line: number): void {
    if (depth === this.#document) {
      this.#document = 0;
    } else if (depth === this.#document + 2) {
      this.#statement?.close(line);
      this.#previous = this.#statement ?? this.#previous;
      this.#statement = undefined;
    }
  }

  part(element: XmlElement): void {
    this.#statement?.details.add(element);
  }

  subtree(element: XmlElement): void {
    if (element.name === 'GrpHdr' && this.#statement === undefined) this.#takeHeader(element);
    else this.#statement?.take(element);
  }

  #takeHeader(header: XmlElement): void {
    const { isOwed, isFollowing } = this.#pages.take(header);
    if (isOwed) this.#missPages();
    this.#isPageBeforeMissing = !isFollowing;
  }

  #missPages(): void {
    const message = 'the pages of the message after this one are not here';
    this.#previous?.missPages(message);
  }

  #openMessage(name: string): void {
    if (name !== this.#message.message) this.#refuseMessage(`the Document holds ${name}`);
    this.#messages += 1;
  }

  #openStatement(line: number): void {
    this.#statements += 1;
    this.#statement = new CamtStatement(this.#emit, {
      element: `${this.#message.statement}[${this.#statements}]`,
      line,
      // An end-of-day statement holds booked entries; intraday and notified ones must say what they are.
      statusWhenAbsent: this.#message === STATEMENT ? 'booked' : undefined,
      hasOriginalDirection: this.#settings.hasOriginalDirection,
      messagePage: this.#pages.current?.number,
      isPageBeforeMissing: this.#isPageBeforeMissing,
      previous: this.#previous,
    });
    this.#previous = undefined;
    this.#isPageBeforeMissing = false;
  }

  #refuseMessage(what: string): never {
    const { message, format } = this.#message;
    const { line } = this.#xml;
    throw new FileRefusal('MESSAGE_TYPE', `${what}, not ${message} (${format})`, { line });
  }
}
