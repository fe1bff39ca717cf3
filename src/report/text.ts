import type { ExceptionRow } from './exceptions.ts';
import type { ReportedBatch, ReportedFile, RunReport } from './run-report.ts';
import { type TextColumn, textTable, wrapped } from './text-table.ts';
import {
  counted,
  type ExceptionGroup,
  exceptionGroups,
  grouped,
  headlineOf,
  moneyOf,
  signedMoneyOf,
} from './wording.ts';

const WIDTH = 100;
const RIGHT: TextColumn = { align: 'right' };
const ELASTIC: TextColumn = { isElastic: true };
/** A terminal is for looking; beyond this the other formats serve better. */
const SHOWN_OF_A_CODE = 20;

/** The report in plain words for a terminal, 100 columns wide at most. */
export function runReportText(report: RunReport): string {
  const sections = [
    title(report),
    filesText(report),
    matchesText(report),
    batchesText(report),
    exceptionsText(report),
    trialBalanceText(report),
    proofText(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function title(report: RunReport): string[] {
  const { book, runId, businessDate, state } = report.run;
  const name = `Run ${runId} of book ${book}, business date ${businessDate}, ${state.toLowerCase()}`;
  return [name, ...wrapped(headlineOf(report), WIDTH)];
}

function filesText({ files, entries }: RunReport): string[] {
  const { read, loaded, duplicate, rejected, ignored } = entries;
  const total = `${counted(read, 'entry', 'entries')} read = ${grouped(loaded)} loaded + ${grouped(duplicate)} duplicate + ${grouped(rejected)} rejected + ${grouped(ignored)} ignored`;
  const rows = files.map((file) => [
    file.name,
    file.format ?? '',
    file.outcome,
    file.outcome === 'loaded' ? counted(file.entriesRead, 'entry', 'entries') : '',
  ]);
  const columns = [ELASTIC, ELASTIC, {}, RIGHT];
  const lines = textTable({ columns, rows, width: WIDTH, indent: 2 });
  return [
    'What came in',
    ...files.flatMap((file, at) => [lines[at] ?? '', ...reasonText(file)]),
    ...wrapped(total, WIDTH, 2),
  ];
}

function reasonText({ reasonCode, reasonText }: ReportedFile): string[] {
  if (reasonCode === null) return [];
  return wrapped(`${reasonCode}: ${reasonText ?? ''}`, WIDTH, 6);
}

function matchesText({ matches }: RunReport): string[] {
  if (matches.length === 0) return ['What tied', '  Nothing.'];
  const rows = matches.map((match) => [
    match.level === 1 ? 'processor' : 'bank',
    match.rule,
    match.certificate,
    grouped(match.groups),
    grouped(match.entries),
    grouped(match.items),
  ]);
  const columns = [
    { title: 'side' },
    { title: 'rule', isElastic: true },
    { title: 'certificate' },
    { title: 'groups', ...RIGHT },
    { title: 'entries', ...RIGHT },
    { title: 'items', ...RIGHT },
  ];
  return ['What tied', ...textTable({ columns, rows, width: WIDTH, indent: 2 })];
}

function batchesText({ batches }: RunReport): string[] {
  if (batches.length === 0) return [];
  const rows = batches.map((batch) => [
    `${batch.source} ${batch.batch}`,
    moneyOf(batch.grossMinor, batch.currency),
    moneyOf(batch.feeMinor, batch.currency),
    moneyOf(batch.otherMinor, batch.currency),
    moneyOf(batch.netMinor, batch.currency),
    batchState(batch),
  ]);
  const columns = [
    { title: 'batch', isElastic: true },
    { title: 'gross', ...RIGHT },
    { title: 'fees', ...RIGHT },
    { title: 'other', ...RIGHT },
    { title: 'net', ...RIGHT },
    { title: 'payout', isElastic: true },
  ];
  return ['What settled', ...textTable({ columns, rows, width: WIDTH, indent: 2 })];
}

function batchState(batch: ReportedBatch): string {
  const { state, differenceMinor, currency } = batch;
  return differenceMinor === null ? state : `${state} ${signedMoneyOf(differenceMinor, currency)}`;
}

function exceptionsText({ exceptions }: RunReport): string[] {
  if (exceptions.length === 0) return ['What did not tie', '  Nothing.'];
  return [
    `What did not tie, and why (${grouped(exceptions.length)})`,
    ...exceptionGroups(exceptions).flatMap(exceptionGroupText),
  ];
}

function exceptionGroupText(group: ExceptionGroup): string[] {
  const shown = group.rows.slice(0, SHOWN_OF_A_CODE);
  const left = group.rows.length - shown.length;
  return [
    ...wrapped(`${group.code}: ${group.meaning}`, WIDTH, 2),
    ...shown.flatMap(exceptionText),
    ...(left === 0 ? [] : [`    … and ${grouped(left)} more`]),
  ];
}

function exceptionText(row: ExceptionRow): string[] {
  const difference = signedMoneyOf(row.differenceMinor, row.currency);
  const facts = [
    row.reference ?? row.locator ?? '',
    moneyOf(row.amountMinor, row.currency),
    difference === '' ? '' : `difference ${difference}`,
    row.source ?? '',
    counted(row.ageBusinessDays, 'day'),
  ].filter((fact) => fact !== '');
  return [...wrapped(`- ${facts.join(', ')}`, WIDTH, 4), ...wrapped(row.text, WIDTH, 6)];
}

function trialBalanceText({ trialBalance, asOf }: RunReport): string[] {
  const rows = trialBalance.map((line) => [
    line.code,
    moneyOf(line.debitsMinor, line.currency),
    moneyOf(line.creditsMinor, line.currency),
    moneyOf(line.balanceMinor, line.currency),
  ]);
  const columns = [
    { title: 'account', isElastic: true },
    { title: 'debits', ...RIGHT },
    { title: 'credits', ...RIGHT },
    { title: 'balance', ...RIGHT },
  ];
  return [`Trial balance as of ${asOf}`, ...textTable({ columns, rows, width: WIDTH, indent: 2 })];
}

function proofText({ proof }: RunReport): string[] {
  if (proof === null) return ['Proof', '  None is stored for this run.'];
  return [
    `Proof: ${proof.closes ? 'every equation closes' : 'DOES NOT CLOSE'}`,
    ...proof.equations.flatMap(({ text, left, right, closes }) => [
      ...wrapped(`${closes ? 'ok' : 'BROKEN'}: ${text}`, WIDTH, 2),
      ...wrapped(`${left} ${closes ? '=' : '≠'} ${right}`, WIDTH, 6),
    ]),
  ];
}
