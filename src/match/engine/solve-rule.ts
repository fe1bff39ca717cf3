import { Decimal } from 'decimal.js';
import { type Currency, currencyExponent } from '../../currency.ts';
import type { Rule, Tolerance } from '../rules/rule.ts';
import type { Component, Decision, SolveOptions } from '../solver/component.ts';
import { componentsOf } from '../solver/components.ts';
import { solveAll } from '../solver/pool.ts';
import type { EntryEnd, FoundGroup, ItemEnd } from './found-group.ts';
import { residualOf } from './found-group.ts';

/** An edge of match_edge with what the solver must know of both ends. Amounts in minor units. */
export interface EdgeRow {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
  readonly rightId: string;
  readonly rightFileNo: bigint | null;
  readonly rightOrdinal: bigint | null;
  readonly leftMinor: bigint;
  readonly rightMinor: bigint;
  readonly distance: number;
  readonly currency: Currency;
  readonly leftSameness: string;
  readonly rightSameness: string;
  readonly revision: number;
  readonly rightRevision: number;
}

/** What the solver makes of a rule's edges: groups to write, and entries that it could not decide, with the reason. */
export interface RuleSolution {
  readonly groups: readonly FoundGroup[];
  readonly undecided: readonly {
    readonly entry: EntryEnd;
    readonly certificate: 'AMBIGUOUS' | 'BUDGET_EXHAUSTED';
    readonly alternatives: number;
  }[];
}

interface EndedComponent extends Component {
  readonly currency: Currency;
  readonly leftEnds: readonly EntryEnd[];
  readonly rightEnds: readonly (EntryEnd | ItemEnd)[];
}

const Exact = Decimal.clone({ precision: 60 });

/**
 * Solves the components of a rule's edges exactly.
 *
 * UNIQUE and EQUIVALENT groups are confirmed, or suggested where the rule says so; of AMBIGUOUS ones the nearest is suggested
 * where the rule suggests. The result does not depend on the order of the edges.
 */
export async function solveRule(
  edges: readonly EdgeRow[],
  rule: Rule,
  use: { readonly level: number; readonly ruleText: string },
): Promise<RuleSolution> {
  const groups: FoundGroup[] = [];
  const undecided: RuleSolution['undecided'][number][] = [];
  for (const [currency, own] of byCurrency(edges)) {
    const components = componentsOf(own.map(keyed)).map((rows) => componentOf(rows, currency));
    for await (const { component, decisions } of solveAll(components, optionsOf(rule, currency))) {
      for (const decision of decisions) {
        const found = groupsOf(component, decision, rule, use);
        groups.push(...found);
        undecided.push(...undecidedOf(component, decision, found));
      }
    }
  }
  return { groups: withinLimits(groups, rule, currencyOf(edges)), undecided };
}

function keyed(edge: EdgeRow): EdgeRow & { readonly left: string; readonly right: string } {
  return { ...edge, left: entryKey(edge.fileNo, edge.ordinal), right: rightKey(edge) };
}

/** Ascending as numbers, in arrival order. */
function entryKey(fileNo: bigint, ordinal: bigint): string {
  return `${fileNo.toString().padStart(19, '0')}:${ordinal.toString().padStart(19, '0')}`;
}

function rightKey({ rightId, rightFileNo, rightOrdinal }: EdgeRow): string {
  return rightFileNo === null || rightOrdinal === null
    ? rightId
    : entryKey(rightFileNo, rightOrdinal);
}

function byCurrency(edges: readonly EdgeRow[]): Map<Currency, EdgeRow[]> {
  const found = new Map<Currency, EdgeRow[]>();
  for (const edge of edges) {
    const own = found.get(edge.currency);
    if (own === undefined) found.set(edge.currency, [edge]);
    else own.push(edge);
  }
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function componentOf(
  rows: readonly (EdgeRow & { readonly left: string; readonly right: string })[],
  currency: Currency,
): EndedComponent {
  const lefts = new Map<string, EdgeRow>();
  const rights = new Map<string, EdgeRow>();
  for (const row of rows) {
    lefts.set(row.left, row);
    rights.set(row.right, row);
  }
  const leftKeys = [...lefts.keys()].sort();
  const rightKeys = [...rights.keys()].sort();
  const leftPlace = new Map(leftKeys.map((key, place) => [key, place]));
  const rightPlace = new Map(rightKeys.map((key, place) => [key, place]));
  const leftRows = leftKeys.map((key) => ({ key, row: lefts.get(key) as EdgeRow }));
  const rightRows = rightKeys.map((key) => ({ key, row: rights.get(key) as EdgeRow }));
  return {
    currency,
    lefts: leftRows.map(({ key, row }) => ({
      key,
      amountMinor: row.leftMinor,
      sameness: row.leftSameness,
    })),
    rights: rightRows.map(({ key, row }) => ({
      key,
      amountMinor: row.rightMinor,
      sameness: row.rightSameness,
    })),
    edges: rows.map((row) => ({
      left: leftPlace.get(row.left) as number,
      right: rightPlace.get(row.right) as number,
      distance: row.distance,
    })),
    leftEnds: leftRows.map(({ row }) => ({
      fileNo: row.fileNo,
      ordinal: row.ordinal,
      amountMinor: row.leftMinor,
      revision: row.revision,
    })),
    rightEnds: rightRows.map(({ row }) =>
      row.rightFileNo === null || row.rightOrdinal === null
        ? { itemId: row.rightId, amountMinor: row.rightMinor }
        : {
            fileNo: row.rightFileNo,
            ordinal: row.rightOrdinal,
            amountMinor: row.rightMinor,
            revision: row.rightRevision,
          },
    ),
  };
}

function optionsOf(rule: Rule, currency: Currency): SolveOptions {
  const within = rule.predicates.find((predicate) => predicate.op === 'within');
  return {
    cardinality: rule.cardinality === 'one-sided' ? '1:1' : rule.cardinality,
    underMinor: toleranceMinor(within?.under, currency),
    overMinor: toleranceMinor(within?.over, currency),
    maxItems: rule.subset.maxItems,
    budgetNodes: rule.subset.budgetNodes,
  };
}

/** The absolute tolerance of a group; a share of a sum is for pairs only. */
function toleranceMinor(tolerance: Tolerance | undefined, currency: Currency): bigint {
  return tolerance === undefined ? 0n : minorOf(tolerance.abs, currency);
}

/** A decimal text in major units as minor units, rounded down. */
function minorOf(text: string, currency: Currency): bigint {
  const scale = new Exact(10).pow(currencyExponent(currency) ?? 2);
  return BigInt(new Exact(text).times(scale).trunc().toFixed(0));
}

function groupsOf(
  component: EndedComponent,
  decision: Decision,
  rule: Rule,
  use: { readonly level: number; readonly ruleText: string },
): FoundGroup[] {
  const { certificate, alternatives } = decision;
  const isCertain = certificate === 'UNIQUE' || certificate === 'EQUIVALENT';
  if (!isCertain && !(certificate === 'AMBIGUOUS' && rule.ambiguity === 'suggest')) return [];
  const status = isCertain && rule.onMatch === 'confirmed' ? 'confirmed' : 'suggested';
  return decision.groups
    .filter(({ lefts, rights }) => lefts.length > 0 && rights.length > 0)
    .map(({ lefts, rights }) => {
      const ends = rights.map((place) => component.rightEnds[place] as EntryEnd | ItemEnd);
      const group: FoundGroup = {
        level: use.level,
        rule: use.ruleText,
        certificate,
        alternatives,
        status,
        entries: [
          ...lefts.map((place) => component.leftEnds[place] as EntryEnd),
          ...ends.filter((end): end is EntryEnd => 'fileNo' in end),
        ].sort(byArrival),
        items: ends.filter((end): end is ItemEnd => 'itemId' in end),
        ...(rule.residual === undefined
          ? {}
          : { residual: { type: rule.residual.type, account: rule.residual.account } }),
      };
      return group;
    })
    .filter((group) => residualOf(group) === 0n || group.residual !== undefined);
}

function byArrival(one: EntryEnd, other: EntryEnd): number {
  if (one.fileNo !== other.fileNo) return one.fileNo < other.fileNo ? -1 : 1;
  return one.ordinal < other.ordinal ? -1 : 1;
}

function undecidedOf(
  component: EndedComponent,
  { certificate, alternatives, lefts }: Decision,
  found: readonly FoundGroup[],
): RuleSolution['undecided'][number][] {
  if (certificate !== 'AMBIGUOUS' && certificate !== 'BUDGET_EXHAUSTED') return [];
  if (found.some(({ status }) => status === 'confirmed')) return [];
  return lefts.map((place) => ({
    entry: component.leftEnds[place] as EntryEnd,
    certificate,
    alternatives,
  }));
}

function currencyOf(edges: readonly EdgeRow[]): (group: FoundGroup) => Currency {
  const known = new Map(
    edges.map(({ fileNo, ordinal, currency }) => [entryKey(fileNo, ordinal), currency]),
  );
  return ({ entries: [first] }) =>
    (first === undefined ? undefined : known.get(entryKey(first.fileNo, first.ordinal))) ?? 'XXX';
}

/** Groups whose residual would pass the rule's limits, of one or of a run, stay open. */
function withinLimits(
  groups: readonly FoundGroup[],
  { residual }: Rule,
  currencyOfGroup: (group: FoundGroup) => Currency,
): FoundGroup[] {
  if (residual === undefined) return [...groups];
  const spent = new Map<Currency, bigint>();
  return groups.filter((group) => {
    const currency = currencyOfGroup(group);
    const amount = residualOf(group);
    const size = amount < 0n ? -amount : amount;
    const total = (spent.get(currency) ?? 0n) + size;
    if (size > minorOf(residual.limitPerItem, currency)) return false;
    if (total > minorOf(residual.limitPerRun, currency)) return false;
    spent.set(currency, total);
    return true;
  });
}
