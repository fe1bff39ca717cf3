import { expect, test } from 'vitest';
import { runReportText } from '../../src/report/text.ts';
import { textTable, wrapped } from '../../src/report/text-table.ts';
import { exceptionOf, sampleReport } from './sample.ts';

function sectionOf(text: string, title: string): string[] {
  const section = text.split('\n\n').find((part) => part.startsWith(title)) ?? '';
  return section.trimEnd().split('\n').slice(1);
}

test('is never wider than 100 columns', () => {
  const long = 'x'.repeat(180);
  const [file] = sampleReport.files;
  const text = runReportText({
    ...sampleReport,
    files: file ? [{ ...file, name: long }] : [],
    exceptions: [exceptionOf({ text: `${'many words '.repeat(40)}` })],
    trialBalance: [
      { code: long, currency: 'EUR', debitsMinor: 1n, creditsMinor: 1n, balanceMinor: 0n },
    ],
  });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('ends every line of the trial balance in the same column', () => {
  const lines = sectionOf(runReportText(sampleReport), 'Trial balance');
  expect(lines).toHaveLength(15);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test('tells an exception with its reference, amounts, age and sentence', () => {
  const lines = sectionOf(runReportText(sampleReport), 'What did not tie, and why (9)');
  const place = lines.findIndex((line) => line.includes('SET_PAYOUT_SHORT'));
  expect(lines.slice(place, place + 4)).toEqual([
    '  SET_PAYOUT_SHORT: The bank received less than the batch is worth.',
    '    - 472, 2,214.70 EUR, difference -37.50 EUR, adyen, 1 day',
    '      The bank credited 2,214.70 EUR for batch 472, which is worth 2,252.20 EUR: 37.50 EUR are',
    '      missing.',
  ]);
});

test('tells why a file was rejected', () => {
  const lines = sectionOf(runReportText(sampleReport), 'What came in');
  expect(lines.at(-2)).toBe(
    '      TRUNCATED: file ends after :61: in a statement without a closing balance',
  );
});

test('shows a broken equation as broken', () => {
  const equation = { id: 'x', text: 'Debits equal credits.', left: '1', right: '2', closes: false };
  const text = runReportText({
    ...sampleReport,
    proof: { closes: false, equations: [equation] },
  });
  expect(sectionOf(text, 'Proof: DOES NOT CLOSE')).toEqual([
    '  BROKEN: Debits equal credits.',
    '      1 ≠ 2',
  ]);
});

test('cuts a long list of one code and says so', () => {
  const exceptions = Array.from({ length: 1_024 }, () => exceptionOf({}));
  expect(runReportText({ ...sampleReport, exceptions })).toContain('    … and 1,004 more');
});

test('lets no file redraw the terminal', () => {
  const text = runReportText({
    ...sampleReport,
    exceptions: [exceptionOf({ reference: 'a\u001b[2Jb\r\u202ec', text: 'x\u0007\ny' })],
  });
  expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  expect(text).toContain('a [2Jb c');
});

test('lets elastic columns give way to the others', () => {
  const columns = [{ isElastic: true }, { align: 'right' as const }];
  expect(
    textTable({ columns, rows: [['a long account name', '1,000.00 EUR']], width: 26 }),
  ).toEqual(['a long acco…  1,000.00 EUR']);
});

test('wraps at blanks and leaves a long word whole', () => {
  expect(wrapped('one two three-and-a-half', 9, 2)).toEqual(['  one two', '  three-and-a-half']);
});
