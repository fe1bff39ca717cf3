import { doOverlap, isFollowedBy, type PeriodDays } from './period-name.ts';

/** Open to every posting; soft-closed to all but adjustments; locked to all. */
export type PeriodState = 'open' | 'soft_closed' | 'locked';

export interface PeriodStanding extends PeriodDays {
  readonly state: PeriodState;
}

/** Why a period stays as it is. */
export interface PeriodRefusal {
  readonly code:
    | 'unknown_period'
    | 'reason_required'
    | 'overlaps'
    | 'leaves_gap'
    | 'later_period_closed'
    | 'later_period_locked'
    | 'earlier_period_not_locked';
  readonly text: string;
}

/**
 * Why a period may not go into a state; `undefined` when it may.
 *
 * Closed periods form one unbroken row, the locked ones first and the soft-closed ones behind them: what a period sums to
 * from the first day on can then change only while it and all that follow are not locked.
 */
export function periodRefusal(
  wanted: PeriodStanding,
  periods: readonly PeriodStanding[],
  reason: string | undefined,
): PeriodRefusal | undefined {
  const found = periods.find(({ name }) => name === wanted.name);
  const overlapping = periods.find((one) => one.name !== wanted.name && doOverlap(one, wanted));
  if (overlapping !== undefined)
    return refusal('overlaps', `${wanted.name} has days in common with period ${overlapping.name}`);
  if (wanted.state === 'open' && found === undefined)
    return refusal('unknown_period', `${wanted.name} was never closed`);
  if (needsReason(found?.state ?? 'open', wanted.state) && !reason?.trim())
    return refusal('reason_required', `opening ${wanted.name} again takes a reason`);
  const row = [...periods.filter(({ name }) => name !== wanted.name), wanted]
    .filter((period) => period.state !== 'open')
    .sort((one, other) => (one.startsOn < other.startsOn ? -1 : 1));
  return wanted.state === 'open' ? reopeningRefusal(wanted, row) : closingRefusal(wanted, row);
}

function needsReason(from: PeriodState, to: PeriodState): boolean {
  return (to === 'open' && from !== 'open') || (from === 'locked' && to !== 'locked');
}

function reopeningRefusal(
  wanted: PeriodStanding,
  closed: readonly PeriodStanding[],
): PeriodRefusal | undefined {
  const later = closed.findLast((one) => one.startsOn > wanted.endsOn);
  if (later === undefined) return undefined;
  return refusal(
    'later_period_closed',
    `${later.name} is closed after ${wanted.name} and sums up its days too; reopen ${later.name} first`,
  );
}

function closingRefusal(
  wanted: PeriodStanding,
  closed: readonly PeriodStanding[],
): PeriodRefusal | undefined {
  for (const [place, next] of closed.entries()) {
    const previous = closed[place - 1];
    if (previous === undefined) continue;
    if (!isFollowedBy(previous, next))
      return refusal(
        'leaves_gap',
        `the days between ${previous.name} and ${next.name} would stay open; close them before ${next.name}`,
      );
    if (previous.state !== 'soft_closed' || next.state !== 'locked') continue;
    return next.name === wanted.name
      ? refusal('earlier_period_not_locked', `${previous.name} is not locked; lock it first`)
      : refusal(
          'later_period_locked',
          `${next.name} is locked after ${previous.name}, which must then be locked too`,
        );
  }
  return undefined;
}

function refusal(code: PeriodRefusal['code'], text: string): PeriodRefusal {
  return { code, text };
}
