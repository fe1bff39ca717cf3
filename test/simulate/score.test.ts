import { describe, expect, test } from 'vitest';
import {
  type Played,
  scoreWorld,
  type ToldException,
  type TruthLine,
} from '../../src/simulate/score.ts';

const MISSING: TruthLine = {
  break: 'missing_line',
  night: 1,
  reference: 'ORD-1',
  batch: '471',
  amount_minor: '1000',
  currency: 'EUR',
  source: 'adyen',
  evidence: [],
  also_named: [],
  expect: { codes: ['UNM_IN_SETTLEMENT'], state: 'open', at: 'end' },
};
const SPLIT: TruthLine = {
  ...MISSING,
  break: 'split_payout',
  reference: 'TX1 batch 472',
  batch: '472',
  source: 'bank',
  evidence: ['B1', 'B2'],
  expect: { codes: [], state: 'tied', at: 'end' },
};
const RESTATED: TruthLine = {
  ...MISSING,
  break: 'restated_report_changed',
  reference: 'TX1 batch 473',
  batch: '473',
  also_named: ['473_corrected.csv'],
  expect: { codes: ['FIL_RESTATED'], state: 'open', at: 'night' },
};
const TOLD: ToldException = {
  id: 'e1',
  code: 'UNM_IN_SETTLEMENT',
  source: 'adyen',
  currency: 'EUR',
  amount_minor: '1000',
  reference: 'ORD-1',
  batch: null,
  locator: null,
  evidence: null,
};
const GROUP = {
  rule: 'by-reference',
  entries: ['bank|B1', 'bank|B2'],
  payments: ['TX1 batch 472'],
};

function played(given: Partial<Played>): Played {
  const links = new Map([
    ['bank|B1', ['TX1 batch 472']],
    ['bank|B2', ['TX1 batch 472']],
    ['adyen|P9', ['pay-9']],
  ]);
  return { truth: [], links, nights: [[]], groups: [GROUP], ...given };
}

function scoreOf(truth: TruthLine, given: Partial<Played>) {
  const score = scoreWorld(played({ truth: [truth], ...given })).kinds.get(truth.break);
  return score && { right: score.right, otherwise: score.otherwise, missed: score.missed };
}

const RIGHT = { right: 1, otherwise: 0, missed: 0 };
const OTHERWISE = { right: 0, otherwise: 1, missed: 0 };
const MISSED = { right: 0, otherwise: 0, missed: 1 };

describe('a break that must be open', () => {
  test('is right when its code is told once', () => {
    expect(scoreOf(MISSING, { nights: [[TOLD]] })).toEqual(RIGHT);
  });
  test('is missed when nothing is told', () => {
    expect(scoreOf(MISSING, {})).toEqual(MISSED);
  });
  test('is missed when it was told once and is not open at the end', () => {
    expect(scoreOf(MISSING, { nights: [[TOLD], []] })).toEqual(MISSED);
  });
  test.each([
    ['another code', { ...TOLD, code: 'UNM_IN_LEDGER' }],
    ['another amount', { ...TOLD, amount_minor: '999' }],
    ['another currency', { ...TOLD, currency: 'USD' }],
  ])('is told otherwise with %s', (_, told) => {
    expect(scoreOf(MISSING, { nights: [[told]] })).toEqual(OTHERWISE);
  });
  test('is told otherwise when a second code stands beside the right one', () => {
    const second = { ...TOLD, id: 'e2', code: 'MAT_AMBIGUOUS' };
    expect(scoreOf(MISSING, { nights: [[TOLD, second]] })).toEqual(OTHERWISE);
  });
  test('is told otherwise when it is told twice', () => {
    expect(scoreOf(MISSING, { nights: [[TOLD, { ...TOLD, id: 'e2' }]] })).toEqual(OTHERWISE);
  });
});

describe('what only looks broken', () => {
  test('is right when its evidence is tied and nothing is open', () => {
    expect(scoreOf(SPLIT, {})).toEqual(RIGHT);
  });
  test('is missed when a part of its evidence is not tied', () => {
    const groups = [{ ...GROUP, entries: ['bank|B1'] }];
    expect(scoreOf(SPLIT, { groups })).toEqual(MISSED);
  });
  test('is told otherwise when something of it is open', () => {
    const told = {
      ...TOLD,
      code: 'MAT_AMBIGUOUS',
      source: 'bank',
      evidence: 'B1',
      reference: null,
    };
    expect(scoreOf(SPLIT, { nights: [[told]] })).toEqual(OTHERWISE);
  });
  test('is right with a code that may be told instead', () => {
    const truth = { ...SPLIT, expect: { ...SPLIT.expect, codes: ['SET_MULTI_BATCH_CREDIT'] } };
    const told = { ...TOLD, code: 'SET_MULTI_BATCH_CREDIT', reference: '472' };
    expect(scoreOf(truth, { nights: [[told]], groups: [] })).toEqual(RIGHT);
  });
});

describe('a correction', () => {
  const told = {
    ...TOLD,
    code: 'FIL_RESTATED',
    reference: 'Shop 473',
    locator: '473_corrected.csv:1',
  };
  test('is right when it is told in its night', () => {
    expect(scoreOf({ ...RESTATED, night: 2 }, { nights: [[], [told], []] })).toEqual(RIGHT);
  });
  test('is missed when it is told in another night only', () => {
    expect(scoreOf(RESTATED, { nights: [[], [told], []] })).toEqual(MISSED);
  });
  test('is told otherwise when its lines are told as duplicates', () => {
    const line = { ...told, id: 'e2', code: 'DUP_CROSS_FILE', locator: '473_corrected.csv:7' };
    expect(scoreOf(RESTATED, { nights: [[told, line]] })).toEqual(OTHERWISE);
  });
});

test('an exception that no break explains is a false one', () => {
  const score = scoreWorld(
    played({ truth: [MISSING], nights: [[{ ...TOLD, reference: 'ORD-2' }]] }),
  );
  expect(score.falseExceptions.map(({ reference }) => reference)).toEqual(['ORD-2']);
});

test('an exception that passes is counted, unless it was only early', () => {
  const early = { ...TOLD, reference: 'ORD-2' };
  const wrong = { ...TOLD, id: 'e2', reference: 'ORD-3', code: 'MAT_AMBIGUOUS' };
  const score = scoreWorld(played({ nights: [[early, wrong], []] }));
  expect([...score.passingExceptions]).toEqual([['MAT_AMBIGUOUS', 1]]);
});

test('evidence tied to the payment of another is a wrong match', () => {
  const groups = [GROUP, { rule: 'by-amount', entries: ['adyen|P9'], payments: ['pay-8'] }];
  const score = scoreWorld(played({ groups }));
  expect([score.matches, score.wrongMatches.map(({ entry }) => entry)]).toEqual([3, ['adyen|P9']]);
});

test('a group with one payment too many is wrong', () => {
  const groups = [{ ...GROUP, payments: ['TX1 batch 472', 'TX1 batch 479'] }];
  expect(scoreWorld(played({ groups })).wrongMatches).toHaveLength(2);
});

test('evidence of whole payments that nothing ties is told', () => {
  const score = scoreWorld(played({}));
  expect([score.toTie, score.tied, score.untied]).toEqual([3, 2, ['adyen|P9']]);
});
