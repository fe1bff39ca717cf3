import { describe, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { joiningNight } from '../../src/db/night-joins.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';

const COUNTED = 1_000;

async function settingsOf(tx: Tx): Promise<unknown> {
  const [settings] = await tx.query(
    `select current_setting('enable_nestloop') as nestloop, current_setting('work_mem') as memory`,
  );
  return settings;
}

async function joining(entries: number): Promise<Readonly<Record<string, unknown>>> {
  return await inRolledBackTransaction(async (tx) => {
    await tamper(
      tx,
      `update pg_class set reltuples = ${COUNTED} where oid = 'tieout.open_item'::regclass;
       insert into tieout.matched_file (book_id, file_no, run_id) values (1, 1, 1), (1, 2, 1), (1, 3, 2);
       insert into tieout.source_file (
         book_id, file_no, sha256, name, size_bytes, source, format, state, received_at, entries_read, entries_loaded,
         entries_duplicate, entries_rejected, entries_ignored, diagnostics
       )
       select 1, file_no, 'file ' || file_no, file_no || '.csv', 1, 'adyen', 'csv', 'loaded', '2026-03-05T20:00Z', entries, entries,
         0, 0, 0, 0
       from (values (1, ${entries - 100}), (2, 100), (3, 5000)) file (file_no, entries)`,
    );
    const before = await settingsOf(tx);
    const inside = await joiningNight(tx, { bookId: 1n, runId: 1n }, () => settingsOf(tx));
    return { before, inside, after: await settingsOf(tx) };
  });
}

describe('a statement that joins the entries of a night with open items', () => {
  test('joins by hashes where they are a large part of them, and no other statement does', async () => {
    const { before, inside, after } = await joining(250);
    expect(inside).toEqual({ nestloop: 'off', memory: '256MB' });
    expect(after).toEqual(before);
    expect(before).toMatchObject({ nestloop: 'on' });
  });

  test('is left to the planner where they are few', async () => {
    const { before, inside } = await joining(249);
    expect(inside).toEqual(before);
  });
});
