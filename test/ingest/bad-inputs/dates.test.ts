import { describe, expect, test } from 'vitest';
import { compileDatePattern } from '../../../src/date-pattern.ts';
import { csvFormat } from '../../../src/ingest/formats/csv.ts';
import { bankProfile } from '../../support/csv-cases.ts';
import { readChunks } from '../../support/reading.ts';

type Rules = Readonly<Record<string, unknown>>;
type Case = readonly [row: string, text: string, rules: Rules, becomes: string];

const ISO = { patterns: ['yyyy-MM-dd'] };
const BERLIN = { patterns: ["yyyy-MM-dd'T'HH:mm"], zone: 'Europe/Berlin' };
const BOUNDED = { ...ISO, earliest: '2025-01-26', latest: '2027-12-31' };

const CASES: readonly Case[] = [
  ['#95', '2026-02-30', ISO, 'BAD_DATE'],
  ['#95', '2026-02-29', ISO, 'BAD_DATE'],
  ['#95', '2024-02-29', ISO, '2024-02-29'],
  ['#95', '2026-13-01', ISO, 'BAD_DATE'],
  ['#95', '2026-3-2', ISO, 'BAD_DATE'],
  ['#95', '2026-03-02 ', ISO, 'BAD_DATE'],
  ['#95', '', ISO, 'BAD_DATE'],
  ['#96', '01/02/2026', { patterns: ['dd/MM/yyyy'] }, '2026-02-01'],
  ['#96', '01/02/2026', { patterns: ['MM/dd/yyyy'] }, '2026-01-02'],
  ['#96', '13/02/2026', { patterns: ['MM/dd/yyyy'] }, 'BAD_DATE'],
  ['#96', '31/12/26', { patterns: ['dd/MM/yy'] }, '2026-12-31'],
  ['#96', '31/12/69', { patterns: ['dd/MM/yy'] }, '2069-12-31'],
  ['#96', '31/12/70', { patterns: ['dd/MM/yy'] }, '1970-12-31'],
  ['#96', '20261301', { patterns: ['yyyyMMdd'] }, 'BAD_DATE'],
  ['#96', '20260113', { patterns: ['yyyyMMdd'] }, '2026-01-13'],
  ['#96', '46000', ISO, 'BAD_DATE'],
  ['#96', '2-Mar-26', { patterns: ['d-MMM-yy'] }, '2026-03-02'],
  ['#96', '2 march 2026', { patterns: ['d MMM yyyy'] }, '2026-03-02'],
  ['#96', '2-Maerz-26', { patterns: ['d-MMM-yy'] }, 'BAD_DATE'],
  [
    '#96',
    '2. März 2026',
    {
      patterns: ['d. MMM yyyy'],
      months:
        'januar februar märz april mai juni juli august september oktober november dezember'.split(
          ' ',
        ),
    },
    '2026-03-02',
  ],
  ['#96', '2026-03-02 24:00:00', { patterns: ['yyyy-MM-dd HH:mm:ss'] }, 'BAD_DATE'],
  ['#96', '03/02/2026 11:59 PM', { patterns: ['MM/dd/yyyy hh:mm a'] }, '2026-03-02'],
  ['#96', '03/02/2026 13:59 PM', { patterns: ['MM/dd/yyyy hh:mm a'] }, 'BAD_DATE'],
  ['#97', '2026-03-29T02:30', BERLIN, 'LOCAL_TIME_NONEXISTENT'],
  ['#97', '2026-03-29T03:30', BERLIN, '2026-03-29'],
  ['#97', '2026-10-25T02:30', BERLIN, '2026-10-25'],
  ['#97', '2026-03-29T02:30', { patterns: BERLIN.patterns }, '2026-03-29'],
  ['#97', '2026-10-25T02:30', { ...BERLIN, day_in: 'Asia/Karachi' }, '2026-10-25'],
  // 22:30 and 23:30 UTC of 24 October: the second is the next day where clocks stand at +00:30 or more.
  ['#97', '2026-10-25T02:30', { ...BERLIN, day_in: 'Pacific/Auckland' }, '2026-10-25'],
  [
    '#97',
    '2026-11-01T01:30',
    { patterns: BERLIN.patterns, zone: 'America/New_York', day_in: 'Asia/Vladivostok' },
    '2026-11-01',
  ],
  [
    '#97',
    '2026-11-01T01:30',
    { patterns: BERLIN.patterns, zone: 'America/New_York', day_in: 'Pacific/Kiritimati' },
    '2026-11-01',
  ],
  ['#97', '2026/01/06 00:00:30 -0800', { patterns: ['yyyy/MM/dd HH:mm:ss Z'] }, '2026-01-06'],
  [
    '#97',
    '2026/01/06 00:00:30 -0800',
    { patterns: ['yyyy/MM/dd HH:mm:ss Z'], day_in: 'UTC' },
    '2026-01-06',
  ],
  [
    '#97',
    '2026-01-06T23:30:00.123Z',
    { patterns: ["yyyy-MM-dd'T'HH:mm:ss.SSSZ"], day_in: 'Europe/Berlin' },
    '2026-01-07',
  ],
  ['#98', '2099-01-01', BOUNDED, 'DATE_RANGE'],
  ['#98', '1970-01-01', BOUNDED, 'DATE_RANGE'],
  ['#98', '2025-01-25', BOUNDED, 'DATE_RANGE'],
  ['#98', '2025-01-26', BOUNDED, '2025-01-26'],
  ['#98', '2099-01-01', ISO, '2099-01-01'],
];

describe('what becomes of a day', () => {
  test.each(CASES)('%s %j as %j: %s', async (_, text, dates, becomes) => {
    expect(await dayOf(text, dates)).toBe(becomes);
  });

  test('#97 a time that falls on two days of the counting zone needs its offset', async () => {
    // 00:30 and 01:30 UTC on 25 October; the clocks of the Azores go back over midnight.
    const rules = { patterns: BERLIN.patterns, zone: 'Europe/Berlin', day_in: 'Atlantic/Azores' };
    expect(await dayOf('2026-10-25T02:30', rules)).toBe('2026-10-25');
    const west = {
      patterns: BERLIN.patterns,
      zone: 'Europe/Berlin',
      day_in: 'Atlantic/Cape_Verde',
    };
    expect(await dayOf('2026-10-25T02:30', west)).toBe('LOCAL_TIME_AMBIGUOUS');
  });

  test.each([
    [['dd/MM/yyyy', 'MM/dd/yyyy'], 'as different days'],
    [['dd/MM/yy', 'yy/MM/dd'], 'as different days'],
    [['yyyy-MM'], 'needs a year, a month and a day'],
    [['yyyy-MM-dd hh:mm'], 'needs both h and a'],
    [['yyyy-MM-dd QQ'], 'stands for nothing'],
    [['yyyy-MM-dd dd'], 'says the day twice'],
  ])('#96 the patterns %j are a configuration error', (patterns, words) => {
    expect(() => bankProfile({ dates: { patterns } })).toThrow(words);
  });

  test('patterns of one width and of several read the same', () => {
    const fixed = compileDatePattern('dd.MM.yyyy HH:mm:ss');
    const loose = compileDatePattern('d.M.yyyy H:mm:ss');
    if (typeof fixed === 'string' || typeof loose === 'string') throw new Error('no pattern');
    expect(fixed('02.03.2026 04:05:06')).toEqual(loose('02.03.2026 04:05:06'));
    expect(fixed('02.03.2026 04:05:06')).toMatchObject({
      year: 2026,
      month: 3,
      day: 2,
      second: 14_706,
    });
    expect(fixed('2.3.2026 4:05:06')).toBeUndefined();
  });
});

/** The day an entry was booked on, or why its row was kept aside. */
async function dayOf(text: string, dates: Rules): Promise<string> {
  const file = `date,amount,currency,text\n"${text}",1.00,EUR,A\n`;
  const { records, refusal } = await readChunks([file], [csvFormat(bankProfile({ dates }))]);
  if (refusal !== null) throw refusal;
  for (const record of records) {
    if (record.kind === 'entry') return record.bookingDate ?? '';
    if (record.kind === 'rejection') return record.reason;
  }
  return '';
}
