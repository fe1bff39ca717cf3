import { readFileSync } from 'node:fs';
import type { ExceptionRow } from './exceptions.ts';
import { type Content, html, Markup } from './markup.ts';
import type { ReportedBatch, ReportedFile, ReportedJournal, RunReport } from './run-report.ts';
import {
  counted,
  type ExceptionGroup,
  exceptionGroups,
  grouped,
  headlineOf,
  moneyOf,
  signedMoneyOf,
  sumOf,
} from './wording.ts';

const STYLE = new Markup(readFileSync(new URL('./report.css', import.meta.url), 'utf8'));
/** A browser chokes on more; the CSV export has them all. */
const SHOWN_OF_A_CODE = 500;
const SHOWN_JOURNALS = 500;

/** The report as one HTML file that needs nothing beside it: no script, no picture, no font. */
export function runReportHtml(report: RunReport): string {
  const { book, runId, businessDate } = report.run;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${book} ${businessDate}: reconciliation report of run ${runId}</title>
<style>
${STYLE}</style>
</head>
<body>
<main>
${header(report)}
${figures(report)}
${proof(report)}
${exceptions(report)}
${batches(report)}
${matches(report)}
${openItems(report)}
${journals(report)}
${trialBalance(report)}
${files(report)}
${footer(report)}
</main>
</body>
</html>
`;
  return page.text;
}

function header(report: RunReport): Markup {
  const { book, runId, businessDate, state } = report.run;
  return html`<header>
<p class="kicker">Reconciliation report</p>
<h1>${headlineOf(report)}</h1>
<p class="meta">Book <b>${book}</b> · business date <b>${businessDate}</b> · run <b>${runId}</b>, ${state.toLowerCase()}</p>
</header>`;
}

function figures(report: RunReport): Markup {
  const { entries, exceptions: rows, files: given, matches: made } = report;
  const tied = sumOf(made.map((match) => match.entries));
  return html`<dl class="figures">
${figure('Files', grouped(given.length), fileOutcomes(given))}
${figure('Entries read', grouped(entries.read), lossesOf(report))}
${figure('Entries tied', grouped(tied), `in ${counted(sumOf(made.map((match) => match.groups)), 'group')}`)}
${figure('Exceptions', grouped(rows.length), severities(rows))}
</dl>`;
}

function figure(name: string, value: string, note: string): Markup {
  return html`<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
}

function fileOutcomes(given: readonly ReportedFile[]): string {
  return countsOf(
    given.map(({ outcome }) => outcome),
    ['loaded', 'duplicate', 'rejected', 'held'],
  );
}

function lossesOf({ entries }: RunReport): string {
  const { read: _, ...outcomes } = entries;
  return Object.entries(outcomes)
    .filter(([, count]) => count > 0n)
    .map(([outcome, count]) => `${grouped(count)} ${outcome}`)
    .join(', ');
}

function severities(rows: readonly ExceptionRow[]): string {
  return countsOf(
    rows.map(({ severity }) => severity),
    ['high', 'medium', 'low', 'info'],
  );
}

function countsOf(values: readonly string[], names: readonly string[]): string {
  return names
    .map((name) => [name, values.filter((value) => value === name).length] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${grouped(count)} ${name}`)
    .join(', ');
}

function proof(report: RunReport): Markup {
  const found = report.proof;
  if (found === null)
    return section('Proof', html`<p class="verdict">No proof is stored for this run.</p>`);
  const verdict = found.closes
    ? html`<p class="verdict good">The books close: every equation below holds to the smallest unit.</p>`
    : html`<p class="verdict bad">The books do not close. Do not rely on this run before the broken line is explained.</p>`;
  const rows = found.equations.map(
    (equation) => html`<tr>
<td>${mark(equation.closes)}</td><td>${equation.text}</td>
<td class="n">${equation.left}</td><td class="n">${equation.right}</td></tr>`,
  );
  return section('Proof', [
    verdict,
    table(
      html`<th>Holds</th><th>Equation</th><th class="n">Left</th><th class="n">Right</th>`,
      rows,
    ),
  ]);
}

function mark(closes: boolean): Markup {
  return closes ? html`<span class="tag good">yes</span>` : html`<span class="tag bad">NO</span>`;
}

function exceptions({ exceptions: rows, asOf }: RunReport): Markup {
  if (rows.length === 0)
    return section('Exceptions', html`<p>Nothing is left open. Every entry ties.</p>`);
  const head = html`<th>Reference</th><th>What happened</th><th class="n">Amount</th><th class="n">Difference</th><th>Value date</th><th class="n">Age</th>`;
  return section('Exceptions', [
    html`<div class="scroll"><table class="exceptions"><thead><tr>${head}</tr></thead>${exceptionGroups(rows).map(exceptionGroup)}</table></div>`,
    html`<p class="note">Difference = evidence − ledger. Age in business days from the value date to ${asOf}.</p>`,
  ]);
}

function exceptionGroup(group: ExceptionGroup): Markup {
  const shown = group.rows.slice(0, SHOWN_OF_A_CODE);
  const left = group.rows.length - shown.length;
  const amount = group.inQuestion === '' ? '' : ` · ${group.inQuestion} in question`;
  return html`<tbody>
<tr class="group"><th colspan="6" scope="rowgroup"><code>${group.code}</code> ${group.meaning} <span class="note">${counted(group.rows.length, 'exception')}${amount}</span></th></tr>
${shown.map(exceptionRow)}
${left === 0 ? null : html`<tr><td colspan="6" class="note">${grouped(left)} more are in the CSV export.</td></tr>`}
</tbody>`;
}

function exceptionRow(row: ExceptionRow): Markup {
  const place = [row.source, row.locator, row.owner === null ? null : `with ${row.owner}`];
  return html`<tr>
<td class="reference"><span class="tag ${row.severity}">${row.severity}</span> <b>${row.reference}</b></td>
<td>${row.text}<div class="note">${place.filter((part) => part !== null).join(' · ')}</div></td>
<td class="n">${moneyOf(row.amountMinor, row.currency)}</td>
<td class="n">${signedMoneyOf(row.differenceMinor, row.currency)}</td>
<td class="date">${row.valueDate}</td>
<td class="n">${counted(row.ageBusinessDays, 'day')}</td>
</tr>`;
}

function batches({ batches: found }: RunReport): Markup | null {
  if (found.length === 0) return null;
  const head = html`<th>Batch</th><th class="n">Gross</th><th class="n">Commission</th><th class="n">Markup</th><th class="n">Scheme</th><th class="n">Interchange</th><th class="n">Other fees</th><th class="n">Other</th><th class="n">Net</th><th>Payout</th>`;
  const note = html`<p class="note">Net = gross − fees + other, exactly, for each batch.</p>`;
  return section('Settlement batches', [table(head, found.map(batchRow), 'batches'), note]);
}

function batchRow(batch: ReportedBatch): Markup {
  const money = (amountMinor: bigint) =>
    html`<td class="n">${moneyOf(amountMinor, batch.currency)}</td>`;
  const isGood = batch.state === 'funded' || batch.state === 'carried';
  const tone = isGood ? 'good' : batch.state === 'open' ? 'medium' : 'bad';
  return html`<tr>
<td><b>${batch.source} ${batch.batch}</b><div class="note">${batch.merchant}, ${counted(batch.entries, 'entry', 'entries')}</div></td>
${money(batch.grossMinor)}${money(batch.commissionMinor)}${money(batch.markupMinor)}${money(batch.schemeMinor)}${money(batch.interchangeMinor)}${money(batch.otherFeeMinor)}${money(batch.otherMinor)}${money(batch.netMinor)}
<td><span class="tag ${tone}">${batch.state}</span> ${signedMoneyOf(batch.differenceMinor, batch.currency)}</td>
</tr>`;
}

function matches({ matches: made }: RunReport): Markup | null {
  if (made.length === 0) return null;
  const rows = made.map(
    (
      match,
    ) => html`<tr><td>${match.level === 1 ? 'processor' : 'bank'}</td><td>${match.rule}</td><td>${match.certificate}</td>
<td class="n">${grouped(match.groups)}</td><td class="n">${grouped(match.entries)}</td><td class="n">${grouped(match.items)}</td></tr>`,
  );
  const head = html`<th>Side</th><th>Rule</th><th>Certificate</th><th class="n">Groups</th><th class="n">Entries</th><th class="n">Items</th>`;
  return section('What tied, and by which rule', table(head, rows));
}

function openItems({ openItems: found }: RunReport): Markup | null {
  if (found.length === 0) return null;
  const rows = found.map(
    (
      account,
    ) => html`<tr><td><code>${account.code}</code></td><td class="n">${grouped(account.items)}</td>
${account.byAge.map((sum) => html`<td class="n">${sum === 0n ? '' : moneyOf(sum, account.currency)}</td>`)}
<td class="n">${moneyOf(account.amountMinor, account.currency)}</td>
<td class="date">${account.oldestDate}</td></tr>`,
  );
  const head = html`<th>Account</th><th class="n">Items</th><th class="n">0–2 days</th><th class="n">3–5</th><th class="n">6–10</th><th class="n">Older</th><th class="n">Sum</th><th>Oldest</th>`;
  return section('Open items by age', table(head, rows));
}

function journals({ journals: found }: RunReport): Markup | null {
  if (found.length === 0) return null;
  const shown = found.slice(0, SHOWN_JOURNALS);
  const left = found.length - shown.length;
  const head = html`<th>Journal</th><th>Debit</th><th>Credit</th><th class="n">Amount</th>`;
  return section('Journals of this run', [
    html`<div class="scroll"><table><thead><tr>${head}</tr></thead>${shown.map(journalRows)}</table></div>`,
    left === 0 ? null : html`<p class="note">${grouped(left)} more journals are in the ledger.</p>`,
  ]);
}

function journalRows(journal: ReportedJournal): Markup {
  const rows = journal.movements.map((movement, at) => {
    const title = html`<td rowspan="${journal.movements.length}"><b>${journal.description}</b>
<div class="note">${journal.kind}, ${journal.effectiveDate}${journal.reference === null ? '' : `, ${journal.reference}`}</div></td>`;
    return html`<tr>${at === 0 ? title : null}<td><code>${movement.debit}</code></td><td><code>${movement.credit}</code></td>
<td class="n">${moneyOf(movement.amountMinor, movement.currency)}</td></tr>`;
  });
  return html`<tbody>${rows}</tbody>`;
}

function trialBalance({ trialBalance: lines, asOf }: RunReport): Markup {
  const rows = lines.map(
    (line) => html`<tr><td><code>${line.code}</code></td>
<td class="n">${moneyOf(line.debitsMinor, line.currency)}</td>
<td class="n">${moneyOf(line.creditsMinor, line.currency)}</td>
<td class="n">${moneyOf(line.balanceMinor, line.currency)}</td></tr>`,
  );
  const totals = [...new Set(lines.map(({ currency }) => currency))].map((currency) => {
    const own = lines.filter((line) => line.currency === currency);
    return html`<tr class="total"><td>Total ${currency}</td>
<td class="n">${moneyOf(sumOf(own.map(({ debitsMinor }) => debitsMinor)), currency)}</td>
<td class="n">${moneyOf(sumOf(own.map(({ creditsMinor }) => creditsMinor)), currency)}</td>
<td class="n">${moneyOf(sumOf(own.map(({ balanceMinor }) => balanceMinor)), currency)}</td></tr>`;
  });
  const head = html`<th>Account</th><th class="n">Debits</th><th class="n">Credits</th><th class="n">Balance</th>`;
  return section(`Trial balance as of ${asOf}`, table(head, [...rows, ...totals]));
}

function files({ files: given }: RunReport): Markup {
  const head = html`<th>File</th><th>Source</th><th>Format</th><th>Outcome</th><th class="n">Read</th><th class="n">Loaded</th><th class="n">Duplicate</th><th class="n">Rejected</th><th class="n">Ignored</th>`;
  return section('Files', table(head, given.map(fileRow)));
}

function fileRow(file: ReportedFile): Markup {
  const tone = { loaded: 'good', duplicate: 'low', rejected: 'bad', held: 'bad' }[file.outcome];
  const reason =
    file.reasonCode === null
      ? null
      : html`<div class="note">${file.reasonCode}: ${file.reasonText}</div>`;
  const counts = [
    file.entriesRead,
    file.entriesLoaded,
    file.entriesDuplicate,
    file.entriesRejected,
    file.entriesIgnored,
  ];
  return html`<tr><td>${file.name}${reason}</td><td>${file.source}</td><td>${file.format}</td>
<td><span class="tag ${tone}">${file.outcome}</span></td>
${counts.map((count) => html`<td class="n">${file.outcome === 'loaded' ? grouped(count) : ''}</td>`)}</tr>`;
}

function footer({ run }: RunReport): Markup {
  const finished = run.finishedAt === null ? null : `, finished ${run.finishedAt}`;
  return html`<footer>Tieout ${run.codeVersion}. Run started ${run.startedAt}${finished}.</footer>`;
}

function section(title: string, content: Content): Markup {
  return html`<section>
<h2>${title}</h2>
${content}
</section>`;
}

function table(head: Markup, rows: readonly Markup[], name = ''): Markup {
  return html`<div class="scroll"><table class="${name}"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
