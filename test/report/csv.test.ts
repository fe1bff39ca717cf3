import { expect, test } from 'vitest';
import { csvOf } from '../../src/report/csv.ts';

function cellOf(text: string): string {
  return csvOf(['x'], [[text]]).slice('"x"\r\n'.length, -2);
}

test('quotes every field and ends lines as RFC 4180 does', () => {
  expect(csvOf(['a', 'b'], [['x', null]])).toBe('"a","b"\r\n"x",""\r\n');
});

test('doubles quotes and keeps commas and line ends inside a field', () => {
  expect(cellOf('say "no", then\nleave')).toBe('"say ""no"", then\nleave"');
});

test.each(['=HYPERLINK("http://x")', '+49 30 1234', '-1+1', '@sum(a1)', '\tx', '\rx', '\nx'])(
  'puts an apostrophe before %j',
  (text) => {
    expect(cellOf(text)).toBe(`"'${text.replaceAll('"', '""')}"`);
  },
);

test.each(['ORD-1', 'a=b', ' =b', "'=b", ''])('leaves %j as it is', (text) => {
  expect(cellOf(text)).toBe(`"${text}"`);
});

test('leaves a negative number a number', () => {
  expect(csvOf(['x'], [[{ number: '-12.34' }]])).toBe('"x"\r\n"-12.34"\r\n');
});
