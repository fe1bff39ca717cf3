import type { Detected, Emit, Format, Reader } from '../reader.ts';
import { clip, FileRefusal } from '../record.ts';
import { parseAccount, RunningAccount } from './bai2-account.ts';
import { parseDetail } from './bai2-detail.ts';
import { FieldCursor } from './bai2-field.ts';
import { type Group, parseGroup } from './bai2-group.ts';
import { type LogicalRecord, type RecordHandler, RecordScanner } from './bai2-record.ts';
import { ControlScope } from './bai2-totals.ts';
import { LineSplitter } from './mt-lines.ts';

/**
 * BAI2, the Cash Management Balance Reporting Specifications, version 2:
 *
 *   01,sender,receiver,date,…/          file
 *   02,receiver,originator,status,…/      group: a bank and a day
 *   03,account,currency,010,500000,,/       account with its balances
 *   16,142,2500,Z,BANKREF,CUSTREF,TEXT/       transaction
 *   88,MORE TEXT/                               continues any record
 *   49,502500,4/   98,502500,1,6/   99,502500,1,8/   trailers with control totals
 */
export const bai2: Format = {
  name: 'bai2',
  detect: detectBai2,
  open: (emit) => new Bai2Reader(emit),
};

const FILE_HEADER = /^\s*01,[^,\n\r]*,[^,\n\r]*,\d{6},([^/\n\r]*)/;

function detectBai2(head: string): Detected | undefined {
  const behindDate = FILE_HEADER.exec(head)?.[1];
  if (behindDate === undefined) return undefined;
  return { format: 'bai2', version: behindDate.split(',')[4]?.trim() || null };
}

/** Holds one record, the sums of one account, and the control totals of its file and group. */
class Bai2Reader implements Reader, RecordHandler {
  private readonly emit: Emit;
  private readonly scanner = new RecordScanner(this);
  private readonly lines = new LineSplitter((text, line) => this.readLine(text, line));
  private line = 0;
  private file: ControlScope | undefined;
  private group: (Group & { readonly scope: ControlScope }) | undefined;
  private account: { readonly running: RunningAccount; readonly scope: ControlScope } | undefined;

  constructor(emit: Emit) {
    this.emit = emit;
  }

  write(chunk: string): void {
    this.lines.write(chunk);
  }

  end(): void {
    this.lines.end();
    const { lastCode } = this.scanner;
    if (lastCode !== '99') {
      // The last record may itself be cut, so it is not read: what it seems to say could mislead.
      const message = `file ends after record ${lastCode ?? '(none)'} without record 99`;
      throw new FileRefusal('TRUNCATED', message, { line: this.line });
    }
    this.scanner.flush();
  }

  onRecord(record: LogicalRecord): void {
    switch (record.code) {
      case '01':
        this.openFile(record);
        break;
      case '02':
        this.openGroup(record);
        break;
      case '03':
        this.openAccount(record);
        break;
      case '16':
        this.readDetail(record);
        break;
      case '49':
        this.closeAccount(record);
        break;
      case '98':
        this.closeGroup(record);
        break;
      case '99':
        this.closeFile(record);
        break;
    }
  }

  onStray(text: string, line: number): void {
    this.emit({
      kind: 'rejection',
      reason: 'RECORD_UNKNOWN',
      message: 'the line begins with no record code of the standard and continues no record',
      field: null,
      raw: clip(text),
      amountMinor: null,
      batch: null,
      locator: { line },
    });
  }

  private readLine(text: string, line: number): void {
    this.line = line;
    this.scanner.readLine(text, line);
  }

  private openFile(record: LogicalRecord): void {
    if (this.file !== undefined) throw missingTrailer('99', record);
    const cursor = new FieldCursor(record.pieces);
    const version = Array.from({ length: 8 }, () => cursor.next()).at(-1) ?? '';
    if (version !== '' && version !== '2')
      throw new FileRefusal(
        'VERSION_UNSUPPORTED',
        `record 01 declares version "${clip(version, 80)}"; only version 2 is read`,
        { line: record.line },
      );
    this.file = new ControlScope();
    this.file.addRecord(record);
  }

  private openGroup(record: LogicalRecord): void {
    if (this.file === undefined) throw misplaced(record, 'outside a file (01 … 99)');
    if (this.group !== undefined) throw missingTrailer('98', record);
    const group = parseGroup(record);
    const scope = new ControlScope();
    scope.addRecord(record);
    this.group = { ...group, scope };
    if (group.note !== undefined) this.emit(group.note);
  }

  private openAccount(record: LogicalRecord): void {
    const { group } = this;
    if (group === undefined) throw misplaced(record, 'outside a group (02 … 98)');
    if (this.account !== undefined) throw missingTrailer('49', record);
    const header = parseAccount(record, group);
    const scope = new ControlScope();
    scope.addRecord(record, header.controlMinor);
    const running = new RunningAccount(header, group, record.line);
    this.account = { running, scope };
    this.emit(running.opened());
    for (const note of header.notes) this.tell('SUMMARY_UNREADABLE', note, record.line);
  }

  private readDetail(record: LogicalRecord): void {
    const { group, account } = this;
    if (group === undefined || account === undefined)
      throw misplaced(record, 'outside an account (03 … 49)');
    const { running, scope } = account;
    const { account: number, currency } = running.header;
    const { asOf, status } = group;
    const result = parseDetail(record, { account: number, currency, asOf, status });
    scope.addRecord(record, result.controlMinor);
    if (result.ok) {
      for (const note of result.notes) this.tell(note.code, note.message, record.line);
      running.add(result.entry);
      this.emit(result.entry);
      return;
    }
    this.emit({
      kind: 'rejection',
      reason: result.reason,
      message: result.message,
      field: result.field,
      raw: clip(`16,${record.pieces.join('\n88,')}`),
      amountMinor: null,
      batch: null,
      locator: { line: record.line },
    });
  }

  private closeAccount(record: LogicalRecord): void {
    const { group, account } = this;
    if (group === undefined || account === undefined)
      throw misplaced(record, 'and no account is open');
    this.check(account.scope, record);
    group.scope.addMember(account.scope);
    this.account = undefined;
    this.emit(account.running.closed(record.line));
  }

  private closeGroup(record: LogicalRecord): void {
    if (this.account !== undefined) throw missingTrailer('49', record);
    const { file, group } = this;
    if (file === undefined || group === undefined) throw misplaced(record, 'and no group is open');
    this.check(group.scope, record);
    file.addMember(group.scope);
    this.group = undefined;
  }

  private closeFile(record: LogicalRecord): void {
    if (this.account !== undefined) throw missingTrailer('49', record);
    if (this.group !== undefined) throw missingTrailer('98', record);
    if (this.file === undefined) throw misplaced(record, 'and no file is open');
    const fields = record.pieces.join(',').split(',').length;
    if (fields < 3)
      throw new FileRefusal('TRUNCATED', 'file ends inside record 99', { line: record.line });
    this.check(this.file, record);
    this.file = undefined;
  }

  private check(scope: ControlScope, trailer: LogicalRecord): void {
    scope.addRecord(trailer);
    for (const message of scope.disagreements(trailer))
      this.tell('CONTROL_TOTAL', message, trailer.line);
  }

  private tell(code: string, message: string, line: number): void {
    this.emit({ kind: 'diagnostic', code, message, locator: { line } });
  }
}

/** Without its trailer a part of a file may be cut out, and nothing else would show it. */
function missingTrailer(trailer: string, next: LogicalRecord): FileRefusal {
  const message = `record ${next.code} comes before the record ${trailer} it must follow`;
  return new FileRefusal('TRAILER_MISSING', message, { line: next.line });
}

function misplaced(record: LogicalRecord, where: string): FileRefusal {
  const message = `record ${record.code} stands ${where}`;
  return new FileRefusal('RECORD_ORDER', message, { line: record.line });
}
