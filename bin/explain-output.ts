import { stringify } from 'yaml';
import { failing, type VectorEntry } from '../src/match/explain/evaluate.ts';
import type { EntryRow, ItemRow } from '../src/match/explain/field-values.ts';
import type { ExplainedMatch, MatchEvent, MatchGroup } from '../src/match/explain/read-match.ts';
import type { NearCandidate, RuleChange } from '../src/match/explain/read-near.ts';
import type { ExplainedOpen } from '../src/match/explain/read-open.ts';
import type { Thing } from '../src/match/explain/things.ts';
import { formatMoney } from '../src/money.ts';
import { exceptionMeaning } from '../src/report/exception-meaning.ts';
import type { ExceptionRow } from '../src/report/exceptions.ts';
import type { BreakLevel, Localisation } from '../src/report/localise.ts';
import { type TextColumn, textTable, wrapped } from '../src/report/text-table.ts';
import { counted, grouped, moneyOf, signedMoneyOf } from '../src/report/wording.ts';

/** What `tieout explain` has to say of an id. */
export type Explained =
  | { readonly kind: 'match'; readonly match: ExplainedMatch }
  | {
      readonly kind: 'open';
      readonly open: ExplainedOpen;
      readonly exceptions: readonly ExceptionRow[];
      readonly ageDays: number | null;
      readonly batch: Localisation | null;
    }
  | { readonly kind: 'batch'; readonly batch: Localisation }
  | { readonly kind: 'list'; readonly things: readonly Thing[] };

const WIDTH = 120;
const ELASTIC: TextColumn = { isElastic: true };
const RIGHT: TextColumn = { align: 'right' };
/** Of an entry or an item: which, its id, amount, day and words. */
const SIDES: readonly TextColumn[] = [{}, {}, RIGHT, {}, ELASTIC];

/** How an entry is named: its file and its place in it. */
export function entryId({
  fileNo,
  ordinal,
}: {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
}): string {
  return `${fileNo}:${ordinal}`;
}

/** The rule as its pack writes it; `null` where no run has stored the pack. */
export function ruleTextOf({ stored }: ExplainedMatch): string | null {
  if (stored === null) return null;
  const { rules } = stored.pack.content as { readonly rules?: readonly { readonly id: string }[] };
  const rule = rules?.find(({ id }) => id === stored.rule.id);
  return rule === undefined ? null : stringify(rule);
}

/** The explanation in plain words for a terminal. */
export function explanationText(id: string, explained: Explained): string {
  return `${sectionsOf(id, explained)
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function sectionsOf(id: string, explained: Explained): string[][] {
  if (explained.kind === 'match') return matchSections(explained.match);
  if (explained.kind === 'batch') return batchSections(explained.batch);
  if (explained.kind === 'open') return openSections(explained);
  return [
    [`"${id}" names ${counted(explained.things.length, 'thing')}; explain one of them:`],
    table(
      [{}, {}],
      explained.things.map((thing) => [thing.kind, idOf(thing)]),
    ),
  ];
}

function idOf(thing: Thing): string {
  if (thing.kind === 'entry') return entryId(thing);
  if (thing.kind === 'match') return thing.groupId;
  if (thing.kind === 'exception') return thing.exceptionId;
  return thing.kind === 'item' ? thing.itemId : thing.batchId;
}

// Matches ----------------------------------------------------------------------------------------------------------

const CERTIFICATE: Readonly<Record<string, string>> = {
  UNIQUE: 'The rule leaves one choice only: no other item or entry could take its place.',
  EQUIVALENT:
    'Several fit and are alike in everything the rule looks at: which one is taken makes no difference.',
  AMBIGUOUS:
    'Several fit and are not alike: this is one choice of several, and a person has to decide.',
  BUDGET_EXHAUSTED:
    'The search was given up at its bound: there may be other choices, and a person has to decide.',
  BY_HAND: 'A person tied them; no rule was asked.',
};

/** What the rules meant that were there before rules were written in packs. */
const RULE_BEFORE_PACKS: Readonly<Record<string, string>> = {
  'lines-by-reference@1':
    'A settlement line and an open item of the receivable with one reference, kind, currency and amount.',
  'lines-by-other-reference@1':
    'A settlement line and an open item with one kind, currency and amount, by the payment id or the id of the processor.',
  'bank-by-reference@1':
    'A bank entry that names an item in transit, by its reference or the word of it that banks quote, with one amount.',
};

function matchSections(match: ExplainedMatch): string[][] {
  const { group } = match;
  return [
    [
      `Match ${group.groupId}: ${group.status}, by ${group.rule} in run ${group.runId}`,
      ...wrapped(certificateText(group), WIDTH, 2),
    ],
    tiedText(match),
    ruleText(match),
    ...match.vectors.map(({ fileNo, ordinal, itemId, vector }) => [
      match.vectors.length === 1
        ? 'Conditions'
        : `Conditions of entry ${fileNo}:${ordinal} with item ${itemId}`,
      ...conditionTable(vector),
    ]),
    residualText(match),
    journalText(match),
    ['History', ...match.history.flatMap(eventText)],
  ];
}

function certificateText({ certificate, alternatives }: MatchGroup): string {
  const choices = alternatives > 1n ? ` (${grouped(alternatives)} choices)` : '';
  return `${certificate}${choices}: ${CERTIFICATE[certificate] ?? ''}`;
}

function tiedText({ entries, items }: ExplainedMatch): string[] {
  return ['What is tied', ...table(SIDES, [...entries.map(entryCells), ...items.map(itemCells)])];
}

function entryCells(entry: EntryRow): string[] {
  return [
    'entry',
    entryId(entry),
    formatMoney(entry),
    entry.bookingDate ?? entry.valueDate ?? '',
    [entry.source, entry.type, entry.reference ?? entry.externalId, entry.narrative]
      .filter((text) => text !== null)
      .join(' · '),
  ];
}

function itemCells(item: ItemRow): string[] {
  return [
    'item',
    item.itemId,
    formatMoney(item),
    item.effectiveDate,
    [item.account, item.kind, item.reference, item.batch === null ? null : `batch ${item.batch}`]
      .filter((text) => text !== null)
      .join(' · '),
  ];
}

function ruleText(match: ExplainedMatch): string[] {
  const text = ruleTextOf(match);
  const { rule } = match.group;
  if (text !== null)
    return [
      `Rule ${rule}`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ];
  const meaning = RULE_BEFORE_PACKS[rule];
  return meaning === undefined ? [] : [`Rule ${rule}`, ...wrapped(meaning, WIDTH, 2)];
}

function conditionTable(vector: readonly VectorEntry[]): string[] {
  const titles = ['', 'condition', 'allowed', 'found', 'entry', 'item'];
  const columns = titles.map((title, at) => ({ title, ...(at > 0 ? ELASTIC : {}) }));
  return table(
    columns,
    vector.map(({ predicate, allowed, left, right, found, holds }) => [
      holds ? 'holds' : 'MISSES',
      predicate,
      allowed,
      found,
      left ?? '—',
      right ?? '—',
    ]),
  );
}

function residualText({ group, entries, allocations }: ExplainedMatch): string[] {
  const currency = entries[0]?.currency ?? null;
  const parts = allocations.map(({ fileNo, ordinal, itemId, amountMinor }) => [
    fileNo === null ? 'residual' : `entry ${fileNo}:${ordinal}`,
    `closes ${moneyOf(amountMinor, currency)}`,
    `of item ${itemId}`,
  ]);
  const residual =
    group.residualMinor === null
      ? []
      : [
          `Residual: ${signedMoneyOf(group.residualMinor, currency)} as ${group.residualType} to ${group.residualAccount}`,
        ];
  return [...(parts.length === 0 ? [] : ['Parts', ...table([{}, RIGHT, {}], parts)]), ...residual];
}

function journalText({ journals }: ExplainedMatch): string[] {
  if (journals.length === 0) return ['Journals', '  None books it yet.'];
  const rows = journals.map((journal) => [
    journal.kind,
    journal.effectiveDate,
    signedMoneyOf(journal.amountMinor, journal.currency),
    journal.key,
  ]);
  return [
    'Journals (amounts on the accounts of the items, with all else that the journal books)',
    ...table([{}, {}, RIGHT, {}], rows),
  ];
}

function eventText({ at, what, by, because, runId }: MatchEvent): string[] {
  const words = [
    at ?? '',
    what,
    ...(by === null ? [] : [`by ${by}`]),
    ...(runId === null ? [] : [`in run ${runId}`]),
  ].join(' ');
  return wrapped(because === null ? words : `${words}: ${because}`, WIDTH, 2);
}

// What is open -----------------------------------------------------------------------------------------------------

function openSections(explained: Explained & { readonly kind: 'open' }): string[][] {
  const { open, exceptions, ageDays, batch } = explained;
  const rows = [
    ...(open.entry === null ? [] : [entryCells(open.entry)]),
    ...(open.item === null ? [] : [itemCells(open.item)]),
  ];
  return [
    rows.length === 0 ? [] : ['What is open', ...table(SIDES, rows), ...ageText(ageDays)],
    ...exceptions.map(exceptionText),
    exceptions.length === 0 && rows.length > 0
      ? ['No exception speaks of it: it is not yet due, not open any more, or told with another.']
      : [],
    ...(batch === null ? [] : batchSections(batch)),
    rows.length === 0 ? [] : nearText(open),
    ...open.near.map((candidate) => candidateText(candidate, open.entry !== null)),
    changeText(open),
    open.groups.length === 0
      ? []
      : ['Matches', ...open.groups.map(({ groupId, status }) => `  ${groupId}  ${status}`)],
  ];
}

function ageText(ageDays: number | null): string[] {
  return ageDays === null ? [] : [`  ${counted(ageDays, 'day')} old`];
}

function exceptionText(row: ExceptionRow): string[] {
  const { code, severity, state, ageBusinessDays, openedInRun, owner } = row;
  const facts = [
    severity,
    state,
    `${counted(ageBusinessDays, 'business day')} old`,
    `found by run ${openedInRun}`,
    ...(owner === null ? [] : [`with ${owner}`]),
  ];
  return [
    `${code}: ${facts.join(', ')}`,
    ...wrapped(exceptionMeaning(code), WIDTH, 2),
    ...wrapped(row.text, WIDTH, 2),
    `  exception ${row.id}`,
  ];
}

function nearText({ near }: ExplainedOpen): string[] {
  const [first] = near;
  if (first === undefined)
    return ['Nearest candidates', '  None: nothing open comes near it, or no run has looked yet.'];
  return [`Nearest candidates, as run ${first.runId} saw them`];
}

/** The other side only: the subject is told above. */
function candidateText(candidate: NearCandidate, isOfEntry: boolean): string[] {
  const { rank, rule, entry, item, vector } = candidate;
  const missed = failing(vector).length;
  const verdict =
    missed === 0
      ? 'meets every condition'
      : `misses ${missed} of ${counted(vector.length, 'condition')}`;
  return [
    `  ${rank}. ${verdict} of ${rule}`,
    ...table(SIDES, [isOfEntry ? itemCells(item) : entryCells(entry)], 4),
    ...conditionTable(vector).map((line) => `  ${line}`),
  ];
}

function changeText({ near, change }: ExplainedOpen): string[] {
  if (near.length === 0) return [];
  if (change === null)
    return [
      'Smallest change of a rule that would tie it',
      '  None: what the candidates miss is no bound that could be wider.',
    ];
  return [
    'Smallest change of a rule that would tie it',
    `  ${changeLine(change)}`,
    ...wrapped(touchedText(change.otherPairs), WIDTH, 2),
  ];
}

function changeLine({ rule, rank, changes }: RuleChange): string {
  const bounds = changes.map(
    ({ parameter, allowed, needed, unit, also }) =>
      `${parameter}: ${allowed} → ${needed} ${unit}${also === undefined ? '' : `, ${also}`}`,
  );
  return `${rule}: ${bounds.join('; ')} (candidate ${rank})`;
}

function touchedText(pairs: bigint): string {
  const others = pairs === 0n ? 'no other open pair' : counted(pairs, 'other open pair');
  return `It would touch ${others}, counted among the nearest candidates that runs have kept.`;
}

// Batches ----------------------------------------------------------------------------------------------------------

function batchSections(batch: Localisation): string[][] {
  const money = (minor: bigint) => moneyOf(minor, batch.currency);
  const head = [
    `Batch ${batch.batch} of ${batch.source}: ${
      batch.bankMinor === null ? 'not at the bank yet' : `${money(batch.bankMinor)} at the bank`
    }, payout ${money(batch.payoutMinor)}, lines ${money(batch.netMinor)}, ledger expects ${money(batch.expectedMinor)}`,
    `  ${equationOf(batch)}`,
  ];
  return [
    head,
    ...batch.levels.map((level) => levelText(level, batch)),
    causesText(batch),
    possibleText(batch),
  ];
}

function equationOf(batch: Localisation): string {
  const money = (minor: bigint) => signedMoneyOf(minor, batch.currency);
  if (batch.differenceMinor === 0n && batch.causes.length === 0) return 'Every level agrees.';
  return `difference ${money(batch.differenceMinor)} = explained ${money(batch.explainedMinor)} + unexplained ${money(batch.unexplainedMinor)}`;
}

const LEVEL_NAME: Readonly<Record<BreakLevel['level'], string>> = {
  bank: 'Bank against payout',
  payout: 'Payout against its lines',
  kind: 'Lines against the ledger, by kind',
  day: 'by day',
};

function levelText({ level, of, left, right, totals }: BreakLevel, batch: Localisation): string[] {
  const columns = [
    { title: '' },
    { title: left, ...RIGHT },
    { title: right, ...RIGHT },
    { title: 'difference', ...RIGHT },
    { title: '' },
  ];
  const rows = totals.map((total) => [
    total.name,
    moneyOf(total.leftMinor, batch.currency),
    moneyOf(total.rightMinor, batch.currency),
    total.differenceMinor === 0n ? '' : signedMoneyOf(total.differenceMinor, batch.currency),
    verdictOf(total),
  ]);
  const title = level === 'day' ? `Of these, ${of} by day` : LEVEL_NAME[level];
  return [title, ...table(columns, rows)];
}

function verdictOf({ differenceMinor, differing }: BreakLevel['totals'][number]): string {
  if (differenceMinor !== 0n) return 'DIFFERS';
  return differing === 0n ? 'agrees' : `agrees in sum, ${counted(differing, 'line')} cancel out`;
}

function causesText({ causes, currency }: Localisation): string[] {
  if (causes.length === 0) return [];
  const rows = causes.map(({ amountMinor, text, reference, place, entry }) => [
    signedMoneyOf(amountMinor, currency),
    text,
    reference ?? '',
    place ?? entry ?? '',
  ]);
  return ['What explains it', ...table([RIGHT, ELASTIC, {}, {}], rows)];
}

function possibleText({ possible }: Localisation): string[] {
  if (possible.length === 0) return [];
  const rows = possible.map(({ text, reference, place, item, alike }) => [
    alike > 1n ? `${text}, one of ${grouped(alike)}` : text,
    reference ?? '',
    place ?? item ?? '',
  ]);
  return [
    'What has exactly the amount that is left, and proves nothing',
    ...table([ELASTIC, {}, {}], rows),
  ];
}

function table(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  indent = 2,
): string[] {
  return textTable({ columns, rows, width: WIDTH, indent });
}
