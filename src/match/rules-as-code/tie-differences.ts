import type { Currency } from '../../currency.ts';
import { endsOf, type FoundTie } from './found-ties.ts';
import type { JudgedTie } from './replay.ts';

/** What became of an entry under the second pack: tied anew, tied no more, or tied to something else. */
export type DifferenceKind = 'new' | 'lost' | 'repartnered';

/** An entry that two packs treat differently, with what each ties it to. */
export interface TieDifference {
  readonly kind: DifferenceKind;
  /** `file:ordinal`. */
  readonly entry: string;
  readonly before?: FoundTie;
  readonly after?: FoundTie;
}

/** Differences of one kind, currency and rule: of how many entries and ties, and over how much. */
export interface DifferenceTotal {
  readonly kind: DifferenceKind;
  readonly currency: Currency;
  /** `rule@version`: the one that ties anew; of what is lost, the one that tied it before. */
  readonly rule: string;
  readonly ties: number;
  readonly entries: number;
  readonly amountMinor: bigint;
}

/** How a pack does by the word of people: what they confirmed and what they took back, tied by it, suggested, or neither. */
export interface LabelScore {
  readonly right: LabelCount;
  readonly wrong: LabelCount;
}

interface LabelCount {
  readonly labels: number;
  readonly tied: number;
  readonly suggested: number;
}

/** The entries that confirmed ties differ in, in the order of arrival. What is only suggested is not tied. */
export function tieDifferences(
  before: readonly FoundTie[],
  after: readonly FoundTie[],
): readonly TieDifference[] {
  const [first, second] = [byEntry(before), byEntry(after)];
  const entries = [...new Set([...first.keys(), ...second.keys()])].sort(byArrival);
  return entries.flatMap((entry): readonly TieDifference[] => {
    const [was, is] = [first.get(entry), second.get(entry)];
    if (was === undefined) return is === undefined ? [] : [{ kind: 'new', entry, after: is }];
    if (is === undefined) return [{ kind: 'lost', entry, before: was }];
    return endsOf(was) === endsOf(is)
      ? []
      : [{ kind: 'repartnered', entry, before: was, after: is }];
  });
}

/** Sums of differences by kind, currency and rule; a tie of several entries counts once. */
export function differenceTotals(
  differences: readonly TieDifference[],
): readonly DifferenceTotal[] {
  const groups = new Map<string, TieDifference[]>();
  for (const difference of differences) {
    const tie = tieOf(difference);
    const key = [KINDS.indexOf(difference.kind), tie.currency, tie.rule].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, own]) => total(own));
}

const KINDS: readonly DifferenceKind[] = ['lost', 'repartnered', 'new'];

function total(differences: readonly TieDifference[]): DifferenceTotal {
  const [first] = differences as readonly [TieDifference, ...TieDifference[]];
  const ties = new Map(differences.map((one) => [endsOf(tieOf(one)), tieOf(one)]));
  const { currency, rule } = tieOf(first);
  return {
    kind: first.kind,
    currency,
    rule,
    ties: ties.size,
    entries: differences.length,
    amountMinor: [...ties.values()].reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
  };
}

function tieOf({ before, after, kind }: TieDifference): FoundTie {
  return (kind === 'lost' ? before : after) as FoundTie;
}

/** Holds what a pack ties against what people have said. */
export function labelScore(ties: readonly FoundTie[], judged: readonly JudgedTie[]): LabelScore {
  const statuses = new Map(ties.map((tie) => [endsOf(tie), tie.status]));
  const count = (labels: readonly JudgedTie[]): LabelCount => ({
    labels: labels.length,
    tied: labels.filter((label) => statuses.get(endsOf(label)) === 'confirmed').length,
    suggested: labels.filter((label) => statuses.get(endsOf(label)) === 'suggested').length,
  });
  return {
    right: count(judged.filter(({ isRight }) => isRight)),
    wrong: count(judged.filter(({ isRight }) => !isRight)),
  };
}

function byEntry(ties: readonly FoundTie[]): ReadonlyMap<string, FoundTie> {
  const confirmed = ties.filter(({ status }) => status === 'confirmed');
  return new Map(confirmed.flatMap((tie) => tie.entries.map((entry) => [entry, tie] as const)));
}

function byArrival(one: string, other: string): number {
  const [file = 0, ordinal = 0] = one.split(':').map(Number);
  const [otherFile = 0, otherOrdinal = 0] = other.split(':').map(Number);
  return file - otherFile || ordinal - otherOrdinal;
}
