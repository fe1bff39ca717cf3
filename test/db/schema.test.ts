import { expect, test } from 'vitest';
import { dumpSchema } from '../../src/db/schema-dump.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { assertGolden } from '../support/golden.ts';

const COMMITTED = new URL('../../src/db/schema.sql', import.meta.url);

test('the committed schema is what the migrations make', async () => {
  assertGolden(COMMITTED, await inRolledBackTransaction(dumpSchema));
});

test('a column, an index or a grant more shows in the dump', async () => {
  const [before, after] = await inRolledBackTransaction(
    async (tx) => {
      const first = await dumpSchema(tx);
      await tx.runScript(`create table tieout.planted (planted_id bigint primary key, label text default 'a');
      create index planted_label on tieout.planted (label);
      grant select on tieout.planted to public;`);
      return [first, await dumpSchema(tx)];
    },
    { role: 'owner' },
  );
  const known = new Set(before.split('\n'));
  const added = after.split('\n').filter((line) => !known.has(line));
  expect(added).toEqual([
    'create table planted (',
    '  planted_id bigint not null,',
    `  label text default 'a'::text,`,
    '  constraint planted_pkey PRIMARY KEY (planted_id)',
    'CREATE INDEX planted_label ON planted USING btree (label);',
    'grant select on planted to public;',
  ]);
});
