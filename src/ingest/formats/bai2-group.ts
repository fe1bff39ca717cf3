import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import { clip, type Diagnostic, type EntryStatus, FileRefusal } from '../record.ts';
import { FieldCursor, parseBaiDate } from './bai2-field.ts';
import type { LogicalRecord } from './bai2-record.ts';

/** Record 02: the accounts of one bank on one day. */
export interface Group {
  /** The day reported; the time 2400 or 9999 is its end, so it stays that day. */
  readonly asOf: BusinessDate;
  /** As the file writes it; accounts may have their own. */
  readonly currency: Currency | null;
  /** `information` for what is deleted or only a test, `pending` for what a final report repeats. */
  readonly status: EntryStatus;
  readonly note: Diagnostic | undefined;
}

interface Meaning {
  readonly code: string;
  readonly message: string;
  readonly status: EntryStatus;
}

const UPDATE: Meaning = { code: '', message: '', status: 'booked' };
const BY_STATUS: Readonly<Record<string, Meaning>> = {
  '1': UPDATE,
  '2': {
    code: 'GROUP_DELETION',
    message: 'the group takes back what was sent before (status 2): nothing of it counts',
    status: 'information',
  },
  '3': {
    code: 'GROUP_CORRECTION',
    message: 'the group corrects what was sent before (status 3): what it replaces is not undone',
    status: 'booked',
  },
  '4': {
    code: 'GROUP_TEST',
    message: 'the group is a test (status 4): nothing of it counts',
    status: 'information',
  },
};
const INTERIM: Meaning = {
  code: 'GROUP_INTERIM',
  message: 'the group is an interim report: its transactions wait for the final one',
  status: 'pending',
};

/** Reads `02,receiver,originator,status,as-of date,time,currency,modifier`. */
export function parseGroup(record: LogicalRecord): Group {
  const locator = { line: record.line };
  const cursor = new FieldCursor(record.pieces);
  const [, , status = '', dateText = '', , currency = '', modifier = ''] = Array.from(
    { length: 7 },
    () => cursor.next(),
  );
  const meaning = Object.hasOwn(BY_STATUS, status) ? BY_STATUS[status] : undefined;
  if (meaning === undefined)
    throw new FileRefusal(
      'GROUP_STATUS',
      `group status "${clip(status, 80)}" is none of 1 update, 2 deletion, 3 correction, 4 test`,
      locator,
    );
  const asOf = parseBaiDate(dateText);
  if (asOf === undefined)
    throw new FileRefusal('BAD_DATE', `as-of date "${clip(dateText, 80)}" is not a date`, locator);
  const isInterim = meaning.status === 'booked' && (modifier === '1' || modifier === '3');
  const said = isInterim ? INTERIM : meaning;
  const { code, message } = said;
  const note: Diagnostic = { kind: 'diagnostic', code, message, locator };
  return { asOf, currency: currency || null, status: said.status, note: code ? note : undefined };
}
