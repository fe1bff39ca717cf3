import { describe, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import type { FoundGroup } from '../../src/match/engine/found-group.ts';
import { writeGroups } from '../../src/match/engine/write-groups.ts';
import { inRolledBackTransaction } from '../support/database.ts';

const RUN = { bookId: 7n, runId: 2n, now: new Date('2026-03-06T21:45:00Z') };

const SUGGESTION: FoundGroup = {
  level: 2,
  rule: 'guess@012345678901',
  certificate: 'UNIQUE',
  alternatives: 1,
  status: 'suggested',
  entries: [{ fileNo: 1n, ordinal: 1n, amountMinor: 500n, revision: 0 }],
  items: [{ itemId: '019cb1bd-1000-8000-a000-00000f000002', amountMinor: 500n }],
};

async function rejectedBy(tx: Tx, by: string): Promise<ReadonlySet<string>> {
  const first = await writeGroups(tx, [SUGGESTION], RUN);
  expect(first.size).toBe(1);
  expect((await writeGroups(tx, [SUGGESTION], RUN)).size).toBe(0);
  await tx.execute(
    `update tieout.match_group set status = 'rejected', closed_in_run = 3, decided_by = $2, decided_at = $3::timestamptz,
       decided_because = 'no' where book_id = $1`,
    [RUN.bookId, by, RUN.now.toISOString()],
  );
  return await writeGroups(tx, [SUGGESTION], { ...RUN, runId: 4n });
}

describe('a suggestion', () => {
  test('that a person rejected is not made again', () =>
    inRolledBackTransaction(async (tx) => {
      expect((await rejectedBy(tx, 'ada')).size).toBe(0);
    }));

  test('that a run took back is made again, and is what it was', () =>
    inRolledBackTransaction(async (tx) => {
      expect((await rejectedBy(tx, 'tieout run')).size).toBe(1);
      expect(
        await tx.query(
          `select status, decided_by as by, (select count(*) from tieout.match_member where book_id = $1) as members
           from tieout.match_group where book_id = $1`,
          [RUN.bookId],
        ),
      ).toEqual([{ status: 'suggested', by: null, members: 1n }]);
    }));
});
