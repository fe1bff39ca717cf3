import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvTokenizer } from '../../src/ingest/formats/csv-tokenizer.ts';
import { FileRefusal } from '../../src/ingest/record.ts';
import { chunked } from '../support/reading.ts';

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

const cell = fc.oneof(
  fc.constantFrom('', 'a', '1.00', 'x y', '"', '""', 'a"b', ',', ';', '\n', '\r\n', '\r', 'ü🌳'),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
);

/** A field as a writer may write it: quoted when it must be, or when the writer likes to. */
const field = fc.tuple(cell, fc.boolean()).map(([text, likesQuotes]) => {
  const needsQuotes = /["\r\n,;]/.test(text);
  return { text, written: needsQuotes || likesQuotes ? `"${text.replaceAll('"', '""')}"` : text };
});

const file = fc.record({
  rows: fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  delimiter: fc.constantFrom(',', ';'),
  isEnded: fc.boolean(),
});

describe('the tokenizer', () => {
  test('reads what csv-parse reads, wherever the chunks break', () => {
    const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(file, cuts, ({ rows, lineEnd, delimiter, isEnded }, at) => {
        const lines = rows.map((row) => row.map(({ written }) => written).join(delimiter));
        const text = lines.join(lineEnd) + (isEnded ? lineEnd : '');
        const theirs = parse(text, {
          bom: true,
          delimiter,
          record_delimiter: [lineEnd],
          relax_column_count: true,
          skip_empty_lines: true,
        }) as string[][];
        const mine = rowsOf(chunked(text, at), { delimiter });
        expect(mine.map((row) => row.cells)).toEqual(theirs);
        expect(mine).toEqual(rowsOf([text], { delimiter }));
      }),
      { numRuns: 2_000 },
    );
  });

  test('tells the line each record starts on, over quoted line ends and empty lines', () => {
    const text = 'a,b\n\n"1\r\n2\r3\n4",x\n\n\nc,d\n';
    expect(rowsOf([text]).map((row) => row.line)).toEqual([1, 3, 9]);
  });

  test('passes over a byte order mark before a quoted header', () => {
    expect(rowsOf(['\uFEFF', '"a",b\n1,2\n'])[0]?.cells).toEqual(['a', 'b']);
    expect(rowsOf(['\uFEFF"a",b\n1,2\n'])[0]?.cells).toEqual(['a', 'b']);
  });

  test.each([
    [
      'a quote never closed, at the line it opens on',
      'a,b\n1,2\n3,"4\n5,6\n7,8\n',
      'UNCLOSED_QUOTE',
      3,
    ],
    ['a quote never closed in a record that began before', 'a,b\n"1\n2","3\n', 'UNCLOSED_QUOTE', 3],
    ['a quote inside a field without quotes', 'a,b\n1,5" disk\n', 'BAD_QUOTE', 2],
    ['text behind a closing quote', 'a,b\n1,"2"x\n', 'BAD_QUOTE', 2],
    ['a line feed after lines with carriage returns', 'a,b\r\n1,2\r\n3,4\n', 'MIXED_EOL', 3],
    ['a carriage return after lines with line feeds', 'a,b\n1,2\r\n3,4\n', 'MIXED_EOL', 2],
    ['a lone carriage return among line feeds', 'a,b\n1,2\r3,4\n', 'MIXED_EOL', 2],
    ['a line feed among carriage returns', 'a,b\r1,2\n3,4\r', 'MIXED_EOL', 2],
    ['mixed line ends behind quotes', 'a,b\n1,"2"\r\n', 'MIXED_EOL', 2],
    ['a record of more than a mebibyte', `a,b\n${'x'.repeat(1_048_577)}`, 'RECORD_TOO_LONG', 2],
    ['more than a thousand fields', `a,b\n${','.repeat(1_000)}\n`, 'TOO_MANY_FIELDS', 2],
  ])('refuses %s', (_, text, reason, line) => {
    expect(refusalOf([text])).toEqual([reason, line]);
    expect(refusalOf([...text.slice(0, 40), text.slice(40)])).toEqual([reason, line]);
  });

  test('refuses a field over several lines unless it is allowed', () => {
    const text = 'a,b,c\n1,"abc,10\n2,def",20\n';
    expect(rowsOf([text])).toHaveLength(2);
    expect(refusalOf([text], { quotedNewlines: false })).toEqual(['EMBEDDED_NEWLINE', 2]);
  });

  test('reads a record of exactly a mebibyte', () => {
    const text = `a\n${'x'.repeat(1_048_575)}\n`;
    expect(rowsOf([text])).toHaveLength(2);
  });

  test('tells whether the last record had a line end', () => {
    const ended = (text: string) => {
      const tokenizer = new CsvTokenizer({ ...OPTIONS, take: () => undefined });
      tokenizer.write(text);
      tokenizer.end();
      return tokenizer.hasFinalNewline;
    };
    expect(['a\nb\n', 'a\nb', 'a\rb\r', 'a\n"b"', 'a\n"b"\n'].map(ended)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

const OPTIONS = { delimiter: ',', quotedNewlines: true };

function rowsOf(chunks: readonly string[], options: Partial<typeof OPTIONS> = {}): Row[] {
  const rows: Row[] = [];
  const take = (cells: readonly string[], line: number) => rows.push({ cells, line });
  const tokenizer = new CsvTokenizer({ ...OPTIONS, ...options, take });
  for (const chunk of chunks) tokenizer.write(chunk);
  tokenizer.end();
  return rows;
}

function refusalOf(chunks: readonly string[], options: Partial<typeof OPTIONS> = {}): unknown {
  try {
    return rowsOf(chunks, options);
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return [error.reason, error.locator?.line];
  }
}
