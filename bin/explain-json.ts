import type { VectorEntry } from '../src/match/explain/evaluate.ts';
import type { EntryRow, ItemRow } from '../src/match/explain/field-values.ts';
import type { ExplainedMatch } from '../src/match/explain/read-match.ts';
import type { NearCandidate, RuleChange } from '../src/match/explain/read-near.ts';
import type { Thing } from '../src/match/explain/things.ts';
import type { ExceptionRow } from '../src/report/exceptions.ts';
import type { Localisation } from '../src/report/localise.ts';
import { type Explained, entryId, ruleTextOf } from './explain-output.ts';

/** The document of `explain --json`, schema `tieout.explain/1`. */
export function explanationJson(id: string, explained: Explained): object {
  return {
    schema: 'tieout.explain/1',
    id,
    kind: explained.kind,
    match: explained.kind === 'match' ? matchJson(explained.match) : null,
    open: explained.kind === 'open' ? openJson(explained) : null,
    batch:
      explained.kind === 'list' || explained.kind === 'match' || explained.batch === null
        ? null
        : batchJson(explained.batch),
    things: explained.kind === 'list' ? explained.things.map(thingJson) : null,
  };
}

function matchJson(match: ExplainedMatch): object {
  const { group } = match;
  return {
    id: group.groupId,
    level: group.level,
    rule: group.rule,
    rule_text: ruleTextOf(match),
    certificate: group.certificate,
    alternatives: Number(group.alternatives),
    status: group.status,
    run: Number(group.runId),
    matched_at: group.matchedAt,
    residual:
      group.residualMinor === null
        ? null
        : {
            type: group.residualType,
            account: group.residualAccount,
            amount_minor: String(group.residualMinor),
          },
    entries: match.entries.map(entryJson),
    items: match.items.map(itemJson),
    conditions: match.vectors.map((pair) => ({
      entry: `${pair.fileNo}:${pair.ordinal}`,
      item: pair.itemId,
      conditions: pair.vector.map(conditionJson),
    })),
    allocations: match.allocations.map((part) => ({
      entry: part.fileNo === null ? null : `${part.fileNo}:${part.ordinal}`,
      item: part.itemId,
      amount_minor: String(part.amountMinor),
    })),
    journals: match.journals.map((journal) => ({
      journal: journal.journalId,
      key: journal.key,
      kind: journal.kind,
      effective_date: journal.effectiveDate,
      run: journal.runId === null ? null : Number(journal.runId),
      currency: journal.currency,
      amount_minor: String(journal.amountMinor),
    })),
    history: match.history.map((event) => ({
      at: event.at,
      what: event.what,
      by: event.by,
      because: event.because,
      run: event.runId === null ? null : Number(event.runId),
    })),
  };
}

function openJson({ open, exceptions, ageDays }: Explained & { readonly kind: 'open' }): object {
  return {
    entry: open.entry === null ? null : entryJson(open.entry),
    item: open.item === null ? null : itemJson(open.item),
    age_days: ageDays,
    exceptions: exceptions.map(exceptionJson),
    nearest: open.near.map(nearJson),
    change: open.change === null ? null : changeJson(open.change),
    matches: open.groups.map(({ groupId, status }) => ({ id: groupId, status })),
  };
}

function exceptionJson(row: ExceptionRow): object {
  return {
    id: row.id,
    code: row.code,
    severity: row.severity,
    state: row.state,
    currency: row.currency,
    amount_minor: row.amountMinor?.toString() ?? null,
    difference_minor: row.differenceMinor?.toString() ?? null,
    reference: row.reference,
    age_business_days: row.ageBusinessDays,
    opened_in_run: Number(row.openedInRun),
    owner: row.owner,
    text: row.text,
  };
}

function nearJson({ rank, rule, runId, entry, item, vector }: NearCandidate): object {
  return {
    rank,
    rule,
    run: Number(runId),
    entry: entryJson(entry),
    item: itemJson(item),
    conditions: vector.map(conditionJson),
  };
}

function changeJson({ rule, rank, changes, otherPairs }: RuleChange): object {
  return {
    rule,
    rank,
    bounds: changes.map(({ predicate, parameter, allowed, needed, unit, also }) => ({
      predicate,
      parameter,
      allowed,
      needed,
      unit,
      also: also ?? null,
    })),
    other_pairs: Number(otherPairs),
  };
}

function conditionJson(entry: VectorEntry): object {
  const { part, predicate, allowed, left, right, found, holds } = entry;
  return { part, predicate, allowed, left, right, found, holds };
}

function entryJson(entry: EntryRow): object {
  return {
    id: entryId(entry),
    source: entry.source,
    account: entry.account,
    type: entry.type,
    currency: entry.currency,
    amount_minor: String(entry.amountMinor),
    booking_date: entry.bookingDate,
    value_date: entry.valueDate,
    reference: entry.reference,
    external_id: entry.externalId,
    batch: entry.batch,
    narrative: entry.narrative,
  };
}

function itemJson(item: ItemRow): object {
  return {
    id: item.itemId,
    account: item.account,
    kind: item.kind,
    currency: item.currency,
    amount_minor: String(item.amountMinor),
    effective_date: item.effectiveDate,
    reference: item.reference,
    payment: item.paymentId,
    batch: item.batch,
  };
}

function batchJson(batch: Localisation): object {
  return {
    id: batch.batchId,
    source: batch.source,
    merchant: batch.merchant,
    batch: batch.batch,
    currency: batch.currency,
    bank_minor: batch.bankMinor?.toString() ?? null,
    payout_minor: String(batch.payoutMinor),
    net_minor: String(batch.netMinor),
    expected_minor: String(batch.expectedMinor),
    difference_minor: String(batch.differenceMinor),
    explained_minor: String(batch.explainedMinor),
    unexplained_minor: String(batch.unexplainedMinor),
    levels: batch.levels.map(({ level, of, left, right, totals }) => ({
      level,
      of,
      left,
      right,
      totals: totals.map((total) => ({
        name: total.name,
        left_minor: String(total.leftMinor),
        right_minor: String(total.rightMinor),
        difference_minor: String(total.differenceMinor),
        differing: Number(total.differing),
      })),
    })),
    causes: batch.causes.map(({ amountMinor, ...cause }) => ({
      ...cause,
      amount_minor: String(amountMinor),
    })),
    possible: batch.possible.map((cause) => ({ ...cause, alike: Number(cause.alike) })),
  };
}

function thingJson(thing: Thing): object {
  if (thing.kind === 'entry') return { kind: thing.kind, id: entryId(thing) };
  if (thing.kind === 'match') return { kind: thing.kind, id: thing.groupId };
  if (thing.kind === 'exception') return { kind: thing.kind, id: thing.exceptionId };
  return { kind: thing.kind, id: thing.kind === 'item' ? thing.itemId : thing.batchId };
}
