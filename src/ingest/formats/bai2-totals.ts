import { clip } from '../record.ts';
import { FieldCursor, parseMinor } from './bai2-field.ts';
import type { LogicalRecord } from './bai2-record.ts';

/**
 * What was read inside a file, a group or an account, held against its trailer:
 *
 *   49,total,records/        98,total,accounts,records/        99,total,groups,records/
 *
 * The total is the algebraic sum of every amount of the records 03 and 16, whatever their direction; records count
 * their continuations, and the header and trailer themselves.
 */
export class ControlScope {
  /** `null` once an amount was unreadable, because then no sum can be held against the declared one. */
  private totalMinor: bigint | null = 0n;
  private members = 0;
  private records = 0;

  /** Counts a record that stands directly in this scope. */
  addRecord(record: LogicalRecord, amountMinor: bigint | null = 0n): void {
    this.records += record.pieces.length;
    this.addAmount(amountMinor);
  }

  /** Takes over what a closed inner scope counted. */
  addMember(member: ControlScope): void {
    this.members += 1;
    this.records += member.records;
    this.addAmount(member.totalMinor);
  }

  /** What the trailer, itself counted already, declares otherwise; an empty field declares nothing. */
  disagreements(trailer: LogicalRecord): readonly string[] {
    const cursor = new FieldCursor(trailer.pieces);
    const { totalMinor, code } = { totalMinor: this.totalMinor, code: trailer.code };
    const found = [totalDisagreement(cursor.next(), totalMinor)];
    if (code !== '49') {
      const name = code === '98' ? 'accounts' : 'groups';
      found.push(countDisagreement(name, cursor.next(), this.members));
    }
    found.push(countDisagreement('records', cursor.next(), this.records));
    return found
      .filter((message) => message !== undefined)
      .map((message) => `record ${code} declares ${message}`);
  }

  private addAmount(amountMinor: bigint | null): void {
    const { totalMinor } = this;
    this.totalMinor = totalMinor === null || amountMinor === null ? null : totalMinor + amountMinor;
  }
}

function totalDisagreement(text: string, readMinor: bigint | null): string | undefined {
  const declared = parseMinor(text, 'signed');
  if (!declared.ok && declared.reason === 'AMOUNT_MISSING') return undefined;
  if (!declared.ok) return `the control total "${clip(text, 80)}", which is no amount`;
  if (readMinor === null || declared.amountMinor === readMinor) return undefined;
  return `the control total ${declared.amountMinor}, read were ${readMinor} minor units`;
}

function countDisagreement(name: string, text: string, read: number): string | undefined {
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) return `the number of ${name} "${clip(text, 80)}", which is none`;
  return Number(text) === read ? undefined : `${Number(text)} ${name}, read were ${read}`;
}
