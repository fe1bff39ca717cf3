import { describe, expect, test } from 'vitest';
import { parseExtractPattern } from '../../../src/match/rules/extract-pattern.ts';
import { inRolledBackTransaction } from '../../support/database.ts';

describe('a pattern', () => {
  test.each([
    ['PO-(\\d{4,10})', 'PO-([0-9]{4,10})'],
    ['\\w+\\.\\s', '[A-Za-z0-9_]+\\.[ \\t\\n\\r]'],
    ['[\\dA-F-]+', '[0-9A-F\\-]+'],
    ['[^\\s/]{3}', '[^ \\t\\n\\r/]{3}'],
    ['\\D\\-\\/', '[^0-9]-\\/'],
    ['^(?:INV|RG)[ -]?([0-9]+)$', '^(?:INV|RG)[ \\-]?([0-9]+)$'],
    ['Nº ?(\\d+)', 'Nº ?([0-9]+)'],
    ['[\\]\\[\\\\^]', '[\\]\\[\\\\\\^]'],
  ])('%s is written so that every engine reads it alike', (written, pattern) => {
    expect(parseExtractPattern(written)).toEqual({ pattern });
  });

  test.each([
    ['(a)\\1', '"\\1" refers back'],
    ['(?!a)b', '"(?" begins lookaround'],
    ['(?<name>b)', '"(?" begins lookaround'],
    ['(?i)b', '"(?" begins lookaround'],
    ['\\bword', '"\\b" is not known'],
    ['\\mword', '"\\m" is not known'],
    ['(a+)+', 'a repetition inside a repetition'],
    ['(a|ab)*c', 'a repetition inside a repetition'],
    ['(?:a?){20}', 'a repetition inside a repetition'],
    ['a+?', 'a repetition is repeated, or lazy'],
    ['a**', 'a repetition is repeated, or lazy'],
    ['a*', 'it finds an empty text too'],
    ['^$', 'it finds an empty text too'],
    ['x{256}', 'must count up'],
    ['x{3,2}', 'must count up'],
    ['x{a}', 'is no count'],
    ['{2}', '"{" repeats nothing'],
    ['+a', '"+" repeats nothing'],
    ['(a', 'a group is not closed'],
    ['a)', '")" closes nothing'],
    ['(a)(b)', 'only one group can be the key'],
    ['a|', 'an alternative is empty'],
    ['[a', 'it ends too early'],
    ['[]', 'a class "[…]" is empty'],
    ['[[:alpha:]]', 'write "\\[" inside a class'],
    ['[z-a]', 'is none'],
    ['[+--]', 'a range of a class is of letters or digits'],
    ['a+b+c+d+e+f+', 'more than 5 repetitions'],
    ['^*a', '"^" cannot be repeated'],
    [`a${'b'.repeat(200)}`, 'longer than 200'],
  ])('%s is refused', (written, problem) => {
    expect(parseExtractPattern(written)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('JavaScript and Postgres', () => {
  const TEXTS = ['PO-00123456 x', 'Inv 77/ab', 'a.b [c] \\d ^ -', 'Nº 12', 'ümlaut٣4', ''];
  const WRITTEN = [
    'PO-(\\d{4,10})',
    '\\w{2,}',
    '[\\dA-F/]+',
    '\\W(\\w)',
    '^(?:Inv|RG) ?([0-9]+)',
    '[\\]\\[\\\\^-]',
    '(\\S+)$',
    'Nº ?(\\d+)',
    '\\[.\\]',
  ];

  test.each(WRITTEN)('find the same with %s', async (written) => {
    const result = parseExtractPattern(written);
    if ('problem' in result) throw new Error(result.problem);
    const { pattern } = result;
    const found = TEXTS.map((text) => {
      const match = new RegExp(pattern, 'su').exec(text);
      return match === null ? null : (match[1] ?? match[0]);
    });
    const rows = await inRolledBackTransaction((tx) =>
      tx.query<{ found: string | null }>(
        `select (regexp_match(content, $2))[1] as found
         from unnest($1::text[]) with ordinality as texts (content, place)
         order by place`,
        [TEXTS, pattern],
      ),
    );
    expect(rows.map((row) => row.found)).toEqual(found);
    expect(found.some((one) => one !== null)).toBe(true);
  });
});
