import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/ingest/formats.ts';
import { detectFormat, inspectFile, readRecords } from '../../src/ingest/intake.ts';
import {
  FileRefusal,
  type ParsedEntry,
  type ParsedRecord,
  type PaymentStatus,
} from '../../src/ingest/record.ts';
import { type FileSummary, Summariser } from '../../src/ingest/summary.ts';
import { formatAmount } from '../../src/money.ts';

/** Real files of banks, with facts derived by others; they lie beside the project and are no part of it. */
const SAMPLES = new URL('../../../shared/samples/', import.meta.url);
const FACTS = new URL('EXPECTED.json', SAMPLES);
const READ = ['mt940', 'camt.053'];
const PAID = ['pain.001', 'pain.002', 'pain.008', 'pacs.002', 'pacs.004', 'pacs.008'];

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

/** The facts add up instructed amounts (`InstdAmt`) only; these files also have equivalents (`EqvtAmt`). */
const EQUIVALENTS: Readonly<Record<string, string>> = {
  'pain.001/iso20022__musterfile_pain.001_Nov2020.xml': '1',
};

/** What is known of a payment message; each kind tells some of it. */
interface PaymentFact {
  readonly format: string;
  readonly version: string;
  readonly file: string;
  readonly expected: {
    readonly message_id?: string;
    readonly payment_infos?: number;
    readonly transactions?: number | readonly TransactionFact[];
    readonly sum_by_currency?: Readonly<Record<string, string>>;
    readonly end_to_end_ids?: readonly string[];
    readonly orgnl_msg_id?: string;
    readonly orgnl_msg_nm_id?: string;
    readonly group_status?: string | null | readonly string[];
    readonly group_reasons?: readonly string[];
    readonly pmt_inf?: readonly { readonly id: string; readonly status: string }[];
    readonly interbank?: readonly (readonly [string, string])[];
    readonly returned?: readonly (readonly [string, string])[];
    readonly return_reasons?: readonly string[];
    readonly tx_status?: readonly string[];
    readonly status_reasons?: readonly string[];
    readonly uetr?: readonly string[];
  } | null;
}

interface TransactionFact {
  readonly orgnl_e2e: string;
  readonly orgnl_instr: string;
  readonly status: string;
  readonly reasons: readonly string[];
}

const known: readonly (Fact | BaiFact | PaymentFact)[] = existsSync(FACTS)
  ? JSON.parse(readFileSync(FACTS, 'utf8'))
  : [];
const facts = known.filter((fact): fact is Fact => READ.includes(fact.format));
const payments = known.filter((fact): fact is PaymentFact => PAID.includes(fact.format));
const baiFacts = known.filter((fact): fact is BaiFact => fact.format === 'bai2');
const malformed = known.filter(({ format }) => format === 'xml-invalid').map(({ file }) => file);

describe.skipIf(facts.length === 0)('real files', () => {
  test.each(facts.map((fact) => [fact.file, fact] as const))(
    '%s',
    async (_, { file, expected }) => {
      const { summary } = await readSample(file);
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
    const reading = readSample(file);
    if (file === NOT_BAI2) {
      await expect(reading).rejects.toThrow(FileRefusal);
      return;
    }
    const { summary } = await reading;
    expect(summary.entries + summary.rejections).toBe(expected.details);
    expect(sum(summary, 'credits')).toBe(BigInt(expected.credit_minor) * 10_000n);
    expect(sum(summary, 'debits')).toBe(BigInt(expected.debit_minor) * 10_000n);
  });
});

describe.skipIf(payments.length === 0)('real payment messages', () => {
  test.each(payments.map((fact) => [fact.file, fact] as const))('%s', async (_, fact) => {
    const { summary, entries, statuses } = await readSample(fact.file);
    expect(summary).toMatchObject({ format: fact.format, version: fact.version, rejections: 0 });
    const { expected } = fact;
    if (expected === null) return;
    if (expected.payment_infos !== undefined) expectInstructions(expected, summary, entries);
    else if (expected.orgnl_msg_id !== undefined) expectReport(expected, statuses);
    else expectInterbank(expected, entries, statuses);
  });

  test('instructions whose control values are wrong are told, and no other', async () => {
    const odd: string[] = [];
    for (const { file, format } of payments) {
      const { diagnostics } = await readSample(file);
      if (diagnostics.length > 0) odd.push(format, ...new Set(diagnostics.map(({ code }) => code)));
    }
    expect(odd).toEqual(['pain.001', 'CONTROL_TOTAL', 'pain.001', 'CONTROL_TOTAL']);
  });

  test.each(malformed)('%s is refused or rejected', async (file) => {
    const outcome = await readSample(file).then(
      ({ summary }) => (summary.rejections > 0 ? 'rejected' : 'accepted'),
      (error: unknown) => (error instanceof FileRefusal ? 'refused' : error),
    );
    expect(['refused', 'rejected']).toContain(outcome);
  });
});

type Expected = NonNullable<PaymentFact['expected']>;

function expectInstructions(
  expected: Expected,
  summary: FileSummary,
  entries: readonly ParsedEntry[],
): void {
  expect(summary.statements).toHaveLength(expected.payment_infos ?? 0);
  expect(summary.entries).toBe(expected.transactions);
  expect(entries.map(({ reference }) => reference)).toEqual(expected.end_to_end_ids);
  for (const { attributes } of entries)
    expect(attributes?.references?.message).toBe(expected.message_id);
  const sums: Record<string, bigint> = {};
  for (const { currency, amountMinor } of entries)
    sums[currency] = (sums[currency] ?? 0n) - micros(formatAmount(amountMinor, currency));
  const declared = Object.entries(expected.sum_by_currency ?? {});
  const beside = micros(EQUIVALENTS[summary.file] ?? '0');
  expect(sums).toEqual(
    Object.fromEntries(declared.map(([currency, text]) => [currency, micros(text) + beside])),
  );
}

function expectReport(expected: Expected, statuses: readonly PaymentStatus[]): void {
  const at = (level: PaymentStatus['level']) => statuses.filter((one) => one.level === level);
  const codes = ({ reasons }: PaymentStatus) => reasons.map(({ code }) => code);
  expect(at('group').map(({ status }) => status)).toEqual(
    [expected.group_status].flat().filter(Boolean),
  );
  expect(at('group').flatMap(codes)).toEqual(expected.group_reasons);
  expect(
    at('payment-information').map((one) => ({
      id: one.originalPaymentInformationId,
      status: one.status,
    })),
  ).toEqual(expected.pmt_inf);
  expect(
    at('transaction').map((one) => ({
      orgnl_e2e: one.originalEndToEndId,
      orgnl_instr: one.originalInstructionId,
      status: one.status,
      reasons: codes(one),
    })),
  ).toEqual(expected.transactions);
  for (const one of statuses)
    expect(one).toMatchObject({
      originalMessageId: expected.orgnl_msg_id,
      originalMessageName: expected.orgnl_msg_nm_id,
    });
}

function expectInterbank(
  expected: Expected,
  entries: readonly ParsedEntry[],
  statuses: readonly PaymentStatus[],
): void {
  const money = ({ currency, amountMinor }: ParsedEntry) => [
    currency,
    formatAmount(amountMinor, currency),
  ];
  const of = (type: ParsedEntry['type']) => entries.filter((entry) => entry.type === type);
  const codes = (told: readonly PaymentStatus[]) =>
    told.flatMap(({ reasons }) => reasons.flatMap(({ code }) => code ?? []));
  const returns = statuses.filter(({ status }) => status === 'RTRN');
  const answers = statuses.filter(({ status }) => status !== 'RTRN');
  expect(of('credit-transfer').map(money)).toEqual(expected.interbank);
  expect(of('return').map(money)).toEqual(expected.returned);
  expect(of('return').map(({ attributes }) => attributes?.returnReason)).toEqual(
    expected.return_reasons,
  );
  expect(answers.map(({ level, status }) => [level, status])).toEqual(
    expected.tx_status?.map((status) => ['transaction', status]),
  );
  expect(codes(answers)).toEqual(expected.status_reasons);
  expect(returns.map(({ level }) => level)).toEqual(of('return').map(() => 'transaction'));
  expect(codes(returns)).toEqual(expected.return_reasons);
  expect(returns.map(({ uetr }) => uetr)).toEqual(
    of('return').map(({ attributes }) => attributes?.references?.uetr),
  );
  expect([
    ...entries.map(({ attributes }) => attributes?.references?.uetr),
    ...answers.map(({ uetr }) => uetr),
  ]).toEqual(expected.uetr);
}

async function readSample(file: string) {
  const path = fileURLToPath(new URL(file, SAMPLES));
  const inspected = await inspectFile(path);
  const recognised = detectFormat(inspected.head, FORMATS);
  const summariser = new Summariser();
  const records: ParsedRecord[] = [];
  for await (const batch of readRecords(path, inspected, recognised)) records.push(...batch);
  for (const record of records) summariser.add(record);
  return {
    summary: summariser.finish(file, { ...inspected, ...recognised }),
    entries: records.filter((record) => record.kind === 'entry'),
    statuses: records.filter((record) => record.kind === 'status'),
    diagnostics: records.filter((record) => record.kind === 'diagnostic'),
  };
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
