import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/ingest/formats.ts';
import { detectFormat, inspectFile, readRecords } from '../../src/ingest/intake.ts';
import { FileRefusal } from '../../src/ingest/record.ts';
import { type FileSummary, Summariser } from '../../src/ingest/summary.ts';

/** Real files of banks, with facts derived by others; they lie beside the project and are no part of it. */
const SAMPLES = new URL('../../../shared/samples/', import.meta.url);
const FACTS = new URL('EXPECTED.json', SAMPLES);
const READ = ['mt940', 'camt.053'];

interface Fact {
  readonly format: string;
  readonly file: string;
  readonly expected: {
    readonly entries: number;
    readonly credits: string;
    readonly debits: string;
    readonly all_balances_ok: boolean | null;
    readonly statements?: readonly {
      readonly entries_unparsed?: number;
      readonly unsigned_or_unparsable_entries?: number;
    }[];
  };
}

interface BaiFact {
  readonly format: string;
  readonly file: string;
  readonly expected: {
    readonly details: number;
    readonly credit_minor: string;
    readonly debit_minor: string;
  };
}

/** The facts count lines, but here two transactions stand behind others; the file's own totals have them. */
const BEHIND_OTHERS: Readonly<Record<string, BaiFact['expected']>> = {
  'bai2/bai2__sample3.txt': { details: 26, credit_minor: '39713', debit_minor: '59418' },
};
const NOT_BAI2 = 'bai2/bai2__sample-parseError.txt';

const baiFacts: readonly BaiFact[] = existsSync(FACTS)
  ? (JSON.parse(readFileSync(FACTS, 'utf8')) as BaiFact[]).filter(({ format }) => format === 'bai2')
  : [];

const facts: readonly Fact[] = existsSync(FACTS)
  ? (JSON.parse(readFileSync(FACTS, 'utf8')) as Fact[]).filter((fact) => READ.includes(fact.format))
  : [];

describe.skipIf(facts.length === 0)('real files', () => {
  test.each(facts.map((fact) => [fact.file, fact] as const))(
    '%s',
    async (_, { file, expected }) => {
      const summary = await summaryOf(fileURLToPath(new URL(file, SAMPLES)));
      expect(summary.entries + summary.rejections).toBe(expected.entries);
      const isUnreadable = expected.statements?.some(
        (statement) => statement.entries_unparsed || statement.unsigned_or_unparsable_entries,
      );
      if (isUnreadable) return;
      expect(sum(summary, 'credits')).toBe(micros(expected.credits));
      expect(sum(summary, 'debits')).toBe(micros(expected.debits));
      if (expected.all_balances_ok === null) return;
      const told = summary.statements.filter((statement) => statement.closes !== null);
      expect(told.length > 0 && told.every((statement) => statement.closes)).toBe(
        expected.all_balances_ok,
      );
    },
  );
});

describe.skipIf(baiFacts.length === 0)('real BAI2 files', () => {
  test.each(baiFacts.map((fact) => [fact.file, fact] as const))('%s', async (_, fact) => {
    const { file } = fact;
    const expected = BEHIND_OTHERS[file] ?? fact.expected;
    const reading = summaryOf(fileURLToPath(new URL(file, SAMPLES)));
    if (file === NOT_BAI2) {
      await expect(reading).rejects.toThrow(FileRefusal);
      return;
    }
    const summary = await reading;
    expect(summary.entries + summary.rejections).toBe(expected.details);
    expect(sum(summary, 'credits')).toBe(BigInt(expected.credit_minor) * 10_000n);
    expect(sum(summary, 'debits')).toBe(BigInt(expected.debit_minor) * 10_000n);
  });
});

async function summaryOf(path: string): Promise<FileSummary> {
  const inspected = await inspectFile(path);
  const recognised = detectFormat(inspected.head, FORMATS);
  const summariser = new Summariser();
  for await (const records of readRecords(path, inspected, recognised)) {
    for (const record of records) summariser.add(record);
  }
  return summariser.finish(path, inspected, recognised.detected);
}

function sum(summary: FileSummary, side: 'credits' | 'debits'): bigint {
  return summary.statements.reduce(
    (total, statement) => total + micros(statement[side] ?? '0'),
    0n,
  );
}

/** A decimal number in millionths, so that 80 and 80.00 are the same. */
function micros(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0').slice(0, 6));
}
