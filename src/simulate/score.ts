import type { Expectation } from './truth.ts';

/** A line of `truth.ndjson`. */
export interface TruthLine {
  readonly break: string;
  readonly night: number;
  readonly reference: string;
  readonly batch: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly source: string;
  readonly evidence: readonly string[];
  readonly also_named: readonly string[];
  readonly expect: Expectation;
}

/** An exception as a product tells it, with the id of the evidence it is about. */
export interface ToldException {
  readonly id: string;
  readonly code: string;
  readonly source: string | null;
  readonly currency: string | null;
  readonly amount_minor: string | null;
  readonly reference: string | null;
  readonly batch: string | null;
  readonly locator: string | null;
  readonly evidence: string | null;
}

/** What a product has tied together: ids of evidence as `source|id`, and payments by id or payout text. */
export interface MatchedGroup {
  readonly rule: string;
  readonly entries: readonly string[];
  readonly payments: readonly string[];
}

export interface Played {
  readonly truth: readonly TruthLine[];
  /** Payments by the evidence of theirs, as `source|id`. */
  readonly links: ReadonlyMap<string, readonly string[]>;
  /** What stood open after each night, the first one first. */
  readonly nights: readonly (readonly ToldException[])[];
  readonly groups: readonly MatchedGroup[];
}

/** How a product did with one kind of break. */
export interface KindScore {
  injected: number;
  right: number;
  /** Told, and with another code, amount or currency, or besides the right code. */
  otherwise: number;
  /** Not told, or not tied. */
  missed: number;
  readonly toldAs: Map<string, number>;
  readonly examples: string[];
}

/** A match of evidence with a payment that it does not belong to. */
export interface WrongMatch {
  readonly rule: string;
  readonly entry: string;
  readonly payments: readonly string[];
  readonly rightPayments: readonly string[];
}

export interface Score {
  readonly kinds: ReadonlyMap<string, KindScore>;
  /** Open at the end, and no break explains them. */
  readonly falseExceptions: readonly ToldException[];
  /** Open after some night and not at the end, unless it was only a matter of time. */
  readonly passingExceptions: ReadonlyMap<string, number>;
  readonly wrongMatches: readonly WrongMatch[];
  readonly matches: number;
  /** Evidence of whole payments that had to be tied, and how much of it was. */
  readonly toTie: number;
  readonly tied: number;
  readonly untied: readonly string[];
}

/** What is only on its way may be told as such until it arrives. */
const TIMING = ['UNM_IN_SETTLEMENT', 'UNM_IN_BANK'];
const EXAMPLES = 3;
const MOST_SAID = 5;

/** Holds what a product said and tied against the truth of the world. */
export function scoreWorld({ truth, links, nights, groups }: Played): Score {
  const claims = new Claims(truth, links);
  const atEnd = nights.at(-1) ?? [];
  const tiedEvidence = new Set(groups.flatMap(({ entries }) => entries));
  const byBreak = groupByBreak(atEnd, claims);
  const kinds = new Map<string, KindScore>();
  for (const line of truth) {
    const told = byBreak.get(line) ?? [];
    const inItsNight = (nights[line.night - 1] ?? []).filter((it) => claims.of(it).includes(line));
    const untied = line.evidence
      .map((id) => `${line.source}|${id}`)
      .filter((id) => links.has(id) && !tiedEvidence.has(id));
    count(kindOf(kinds, line.break), line, { told, inItsNight, isTied: untied.length === 0 });
  }
  const toTie = evidenceToTie(truth, links);
  return {
    kinds,
    falseExceptions: atEnd.filter((it) => claims.of(it).length === 0),
    passingExceptions: passing(nights, claims),
    wrongMatches: groups.flatMap((group) => wrongMatches(group, links)),
    matches: groups.reduce((sum, { entries }) => sum + entries.length, 0),
    toTie: toTie.length,
    tied: toTie.filter((id) => tiedEvidence.has(id)).length,
    untied: toTie.filter((id) => !tiedEvidence.has(id)),
  };
}

/** Codes that are told of a file, whatever entry of it they name. */
const OF_FILES = /^(?:DUP|FIL|STM|NRM)_/;

/** Which breaks an exception is about. */
class Claims {
  readonly #byName = new Map<string, TruthLine[]>();
  readonly #links: Played['links'];

  constructor(truth: readonly TruthLine[], links: Played['links']) {
    this.#links = links;
    for (const line of truth) {
      const names = [line.reference, ...line.also_named, ...line.evidence.map((id) => `id ${id}`)];
      if (isOfBatch(line) && line.batch !== null) names.push(line.batch);
      for (const name of new Set(names)) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), line]);
      }
    }
  }

  /** The breaks whose code it is, among those it names; else those it names most directly. */
  of(told: ToldException): readonly TruthLine[] {
    const file = told.locator?.replace(/:[^:]*$/, '') ?? '';
    const paid = this.#links.get(`${told.source}|${told.evidence}`) ?? [];
    const byEvidence = this.#named([`id ${told.evidence ?? ''}`]);
    const byReference = this.#named([told.reference ?? '', ...paid]);
    const byFile = this.#named([file, told.locator ?? '']);
    const named = OF_FILES.test(told.code)
      ? [byFile, byEvidence, byReference]
      : [byEvidence, byReference, byFile];
    const wanted = named.flat().filter(({ expect }) => expect.codes.includes(told.code));
    if (wanted.length > 0) return [...new Set(wanted)];
    return named.find((lines) => lines.length > 0) ?? [];
  }

  #named(names: readonly string[]): readonly TruthLine[] {
    return [...new Set(names.flatMap((name) => this.#byName.get(name) ?? []))];
  }
}

/** Whether the break is about a payout or report, which go by the batch; else the batch only says where it is. */
function isOfBatch(line: TruthLine): boolean {
  return /payout|bank_charge|weekend|holiday|report/.test(line.break);
}

function groupByBreak(
  told: readonly ToldException[],
  claims: Claims,
): ReadonlyMap<TruthLine, ToldException[]> {
  const groups = new Map<TruthLine, ToldException[]>();
  for (const exception of told) {
    for (const line of claims.of(exception)) {
      const group = groups.get(line);
      if (group === undefined) groups.set(line, [exception]);
      else group.push(exception);
    }
  }
  return groups;
}

function kindOf(kinds: Map<string, KindScore>, kind: string): KindScore {
  const known = kinds.get(kind);
  if (known !== undefined) return known;
  const score: KindScore = {
    injected: 0,
    right: 0,
    otherwise: 0,
    missed: 0,
    toldAs: new Map(),
    examples: [],
  };
  kinds.set(kind, score);
  return score;
}

function count(
  score: KindScore,
  line: TruthLine,
  seen: {
    readonly told: readonly ToldException[];
    readonly inItsNight: readonly ToldException[];
    readonly isTied: boolean;
  },
): void {
  const { codes, state, at } = line.expect;
  const isWanted = ({ code }: ToldException) => codes.includes(code);
  const others = seen.told.filter((it) => !isWanted(it));
  const wanted = (at === 'night' ? seen.inItsNight : seen.told).filter(isWanted);
  for (const { code } of seen.told) score.toldAs.set(code, (score.toldAs.get(code) ?? 0) + 1);
  score.injected += 1;
  const isThere = isMet({ state, at }, wanted, seen);
  const isExact = at === 'night' || wanted.every((it) => isSameAmount(it, line));
  if (isThere && isExact && others.length === 0) {
    score.right += 1;
    return;
  }
  if (seen.told.length > 0) score.otherwise += 1;
  else score.missed += 1;
  if (score.examples.length >= EXAMPLES) return;
  const said = seen.told.map(
    ({ code, amount_minor, reference }) => `${code} ${amount_minor ?? ''} ${reference ?? ''}`,
  );
  const tied = seen.isTied ? '' : '; evidence is not tied';
  const more = said.length > MOST_SAID ? ` + ${said.length - MOST_SAID} more` : '';
  const what = `${said.slice(0, MOST_SAID).join(' + ') || 'nothing'}${more}`;
  score.examples.push(
    `night ${line.night}, ${line.reference}, ${line.amount_minor} ${line.currency}: told ${what}${tied}`,
  );
}

function isMet(
  { state, at }: Pick<Expectation, 'state' | 'at'>,
  wanted: readonly ToldException[],
  { isTied }: { readonly isTied: boolean },
): boolean {
  if (at === 'night') return wanted.length > 0 && isTied;
  if (state === 'open') return wanted.length === 1;
  return isTied || wanted.length > 0;
}

/** An exception that tells no amount cannot tell a wrong one. */
function isSameAmount(told: ToldException, line: TruthLine): boolean {
  if (line.expect.state !== 'open' || told.amount_minor === null) return true;
  return told.amount_minor === line.amount_minor && told.currency === line.currency;
}

function passing(
  nights: readonly (readonly ToldException[])[],
  claims: Claims,
): ReadonlyMap<string, number> {
  const last = new Set((nights.at(-1) ?? []).map(({ id }) => id));
  const seen = new Map<string, string>();
  for (const told of nights.flat()) {
    if (last.has(told.id) || TIMING.includes(told.code) || claims.of(told).length > 0) continue;
    seen.set(told.id, told.code);
  }
  const counts = new Map<string, number>();
  for (const code of seen.values()) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

function wrongMatches(
  { rule, entries, payments }: MatchedGroup,
  links: Played['links'],
): WrongMatch[] {
  const owned = new Set(entries.flatMap((entry) => links.get(entry) ?? []));
  const isForeign = payments.some((payment) => !owned.has(payment));
  return entries
    .map((entry) => ({ rule, entry, payments, rightPayments: links.get(entry) ?? [] }))
    .filter(
      ({ rightPayments }) =>
        isForeign || !rightPayments.some((payment) => payments.includes(payment)),
    );
}

/** The evidence of everything but the breaks that must stay open. */
function evidenceToTie(truth: readonly TruthLine[], links: Played['links']): readonly string[] {
  const open = new Set(
    truth
      .filter(({ expect }) => expect.state === 'open' && expect.at === 'end')
      .flatMap(({ source, evidence }) => evidence.map((id) => `${source}|${id}`)),
  );
  const tiedOrTold = new Set(
    truth
      .filter(({ expect }) => expect.state === 'tied' && expect.codes.length > 0)
      .flatMap(({ source, evidence }) => evidence.map((id) => `${source}|${id}`)),
  );
  return [...links.keys()].filter((id) => !open.has(id) && !tiedOrTold.has(id));
}
