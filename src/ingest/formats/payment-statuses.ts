import type { Emit } from '../reader.ts';
import type { IsoMessage, MessageVisitor } from './iso-document.ts';
import { PaymentReport } from './payment-report.ts';
import type { XmlElement } from './xml-element.ts';

/**
 * Messages that report what became of payments:
 *
 *   CstmrPmtStsRpt/GrpHdr, OrgnlGrpInfAndSts, OrgnlPmtInfAndSts*   pain.002, a bank to its customer
 *   …/OrgnlPmtInfAndSts/TxInfAndSts*                               the transactions below
 *   FIToFIPmtStsRpt/GrpHdr, OrgnlGrpInfAndSts*, TxInfAndSts*       pacs.002, between banks
 */
export const STATUS_MESSAGES: readonly IsoMessage[] = [
  { format: 'pain.002', message: 'CstmrPmtStsRpt' },
  { format: 'pacs.002', message: 'FIToFIPmtStsRpt' },
];

const CHILDREN: ReadonlySet<string> = new Set(['GrpHdr', 'OrgnlGrpInfAndSts', 'TxInfAndSts']);
const GRANDCHILDREN: ReadonlySet<string> = new Set([
  'OrgnlPmtInfId',
  'PmtInfSts',
  'StsRsnInf',
  'TxInfAndSts',
]);

/** Hands the levels of a message, one at a time, to its report. */
export class PaymentStatuses implements MessageVisitor {
  readonly #emit: Emit;
  readonly #message: IsoMessage;
  #messages = 0;
  #report: PaymentReport | undefined;

  constructor(emit: Emit, message: IsoMessage) {
    this.#emit = emit;
    this.#message = message;
  }

  begin(line: number): void {
    this.#messages += 1;
    const element = `${this.#message.message}[${this.#messages}]`;
    this.#report = new PaymentReport(this.#emit, element, line);
  }

  open(name: string, depth: number, line: number): boolean {
    if (depth === 1 && name === 'OrgnlPmtInfAndSts') this.#report?.beginInstruction(line);
    if (depth === 1) return CHILDREN.has(name);
    return depth === 2 && this.#report?.hasInstruction === true && GRANDCHILDREN.has(name);
  }

  close(depth: number, line: number): void {
    if (depth === 0) this.#report?.close(line);
    else if (depth === 1) this.#report?.endInstruction();
  }

  subtree(element: XmlElement): void {
    switch (element.name) {
      case 'GrpHdr':
        this.#report?.takeHeader(element);
        break;
      case 'OrgnlGrpInfAndSts':
        this.#report?.takeGroup(element);
        break;
      case 'TxInfAndSts':
        this.#report?.takeTransaction(element);
        break;
      default:
        this.#report?.takeInstructionHead(element);
    }
  }
}
