// The match part of a run, N settlement lines against N open items (default 1,000,000), 99 of 100 one to one by reference:
// candidates, solving, writing groups and closing items; beside the match part of the least a hand-written SQL script must
// do with the same rows. And the same night of N/10 lines on a book that has settled ten times that before: all of it, or all
// but the lines that are open since.
//
//   npm run bench:match [-- N]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../dist/src/config.js';
import { Database } from '../dist/src/db/db.js';
import { destroyServer } from '../dist/src/db/embedded.js';
import { closeItems } from '../dist/src/ledger/close-items.js';
import { RuleNumbers } from '../dist/src/match/engine/apply-pack.js';
import { matchLines, takeFiles } from '../dist/src/match/match.js';
import { rulePacksOf } from '../dist/src/match/rules/packs.js';

const size = Number(process.argv[2] ?? 1_000_000);
const root = fileURLToPath(new URL('..', import.meta.url));
const entryPoint = join(root, 'dist/bin/tieout.js');
const folder = mkdtempSync(join(tmpdir(), 'tieout-bench-'));
const env = { ...process.env, TIEOUT_STATE_DIR: join(folder, 'state') };
delete env.DATABASE_URL;
const AS_LOGIN = { role: 'owner' };
const NOW = new Date('2026-03-05T21:00:00Z');
const TABLES = 'tieout.entry, tieout.open_item, tieout.match_member, tieout.match_group';

const amount = 'n::bigint * 7919 % 20000 + 500';

function tieout(...args) {
  return execFileSync(process.execPath, [entryPoint, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A book with a processor, its receivable and a bank, as the first run would leave it. */
async function openBook(db, bookId) {
  await db.transaction(async (tx) => {
    await tx.runScript(`
      insert into tieout.book (book_id, code, base_currency, time_zone, opened_at)
      values (${bookId}, 'book-${bookId}', 'EUR', 'UTC', '2026-01-01T00:00Z');
      insert into tieout.account (
        book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at
      )
      select ${bookId}, tieout.account_id(code, 'EUR'), code, 'EUR', code, 'asset', 'debit', true, 'active', '2026-01-01T00:00Z'
      from (values ('assets:receivable:adyen'), ('assets:in-transit:adyen')) account (code);
      insert into tieout.source (book_id, source, role) values (${bookId}, 'adyen', 'processor');`);
  }, AS_LOGIN);
}

/** Payments that the ledger expects, and a report that settles them; one in `oneIn` has an amount too high. */
async function fill(db, bookId, fileNo, first, count, oneIn = 100) {
  await db.transaction(async (tx) => {
    await tx.runScript(`
      insert into tieout.source_file (
        book_id, file_no, sha256, name, size_bytes, source, format, state, received_at, entries_read, entries_loaded,
        entries_duplicate, entries_rejected, entries_ignored, diagnostics
      )
      values (${bookId}, ${fileNo}, 'file ${fileNo}', 'report-${fileNo}.csv', 1, 'adyen', 'csv:adyen-settlement-details', 'loaded',
        '2026-03-05T20:00Z', ${count}, ${count}, 0, 0, 0, 0);
      insert into tieout.statement (
        book_id, file_no, statement_no, kind, account, currency, credits_minor, debits_minor, entries, chain, line
      )
      values (${bookId}, ${fileNo}, 1, 'settlement-report', 'Shop', 'EUR', 0, 0, ${count}, 'unchained', 1);
      insert into tieout.open_item (
        book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id
      )
      select ${bookId}, journal_id, tieout.account_id('assets:receivable:adyen', 'EUR'), 'EUR', ${amount}, 'capture', 'ORD-' || n,
        'pay_' || n, '2026-03-02', '2026-03-02', journal_id
      from generate_series(${first}, ${first + count - 1}) n
      cross join lateral (select overlay(md5('item ' || n) placing '019cadd6' from 1 for 8)::uuid as journal_id) id;
      insert into tieout.entry (
        book_id, file_no, ordinal, statement_no, type, status, currency, amount_minor, gross_minor, fee_commission_minor,
        fee_markup_minor, fee_scheme_minor, fee_interchange_minor, fee_other_minor, is_reversal, booking_date, value_date,
        external_id, reference, account, batch, identity, is_identity_unique, details, line, is_counted
      )
      select ${bookId}, ${fileNo}, n - ${first} + 1, 1, 'payment', 'booked', 'EUR', gross - 25, gross, 25, 0, 0, 0, 0, false,
        '2026-03-04', '2026-03-04', '99' || n, 'ORD-' || n, 'Shop', (n % 10)::text, 'id ' || n, true, 0, n, true
      from generate_series(${first}, ${first + count - 1}) n
      cross join lateral (select case when n % ${oneIn} = 0 then ${amount} + 1 else ${amount} end as gross) told;`);
  }, AS_LOGIN);
}

/** Matches what is new, as a run does; seconds, and how many groups it made. */
async function match(db, bookId, runId, packs) {
  const started = performance.now();
  const groups = await db.transaction(async (tx) => {
    const options = {
      bookId: BigInt(bookId),
      runId: BigInt(runId),
      now: NOW,
      packs,
      calendars: new Map(),
      numbers: new RuleNumbers(),
    };
    await takeFiles(tx, options);
    const outcome = await matchLines(tx, options);
    await closeItems(tx, options);
    return outcome.reduce((sum, rule) => sum + rule.groups, 0);
  });
  return { seconds: (performance.now() - started) / 1000, groups };
}

const FLOOR = `
  create schema floor;
  create table floor.open_item (book_id int not null, item_id bigint not null, account_id int not null, reference text not null, currency char(3) not null, amount_minor bigint not null, value_date date not null, primary key (book_id, item_id));
  create table floor.entry (book_id int not null, entry_id bigint not null, source text not null, external_id text not null, reference text, kind text not null, currency char(3) not null, gross_minor bigint, fee_minor bigint, net_minor bigint, value_date date, batch text, primary key (book_id, entry_id), unique (book_id, source, external_id));
  create table floor.match_group (book_id int not null, group_id bigint not null, rule text not null, primary key (book_id, group_id));
  create table floor.match_member (book_id int not null, group_id bigint not null, entry_id bigint not null, item_id bigint not null, primary key (book_id, entry_id), unique (book_id, item_id));
  insert into floor.open_item select 1, n, 10, 'ORD-' || n, 'EUR', ${amount}, '2026-03-02' from generate_series(1, ${size}) n;
  insert into floor.entry select 1, n, 'adyen', '99' || n, 'ORD-' || n, 'Settled', 'EUR',
    case when n % 100 = 0 then ${amount} + 1 else ${amount} end, 25, ${amount} - 25, '2026-03-04', (n % 10)::text from generate_series(1, ${size}) n;`;
const FLOOR_MATCH = [
  `insert into floor.match_member select 1, entry.entry_id, entry.entry_id, open_item.item_id from floor.entry
   join floor.open_item on open_item.book_id = entry.book_id and open_item.reference = entry.reference
     and open_item.amount_minor = entry.gross_minor and open_item.account_id = 10
   where entry.kind = 'Settled' on conflict do nothing`,
  `insert into floor.match_group select 1, group_id, 'exact' from floor.match_member`,
  `delete from floor.open_item using floor.match_member
   where match_member.book_id = open_item.book_id and match_member.item_id = open_item.item_id`,
];

async function floorSeconds(db) {
  await db.transaction((tx) => tx.runScript(FLOOR), AS_LOGIN);
  await db.administer('vacuum analyze floor.open_item');
  await db.administer('vacuum analyze floor.entry');
  await db.administer('checkpoint');
  const started = performance.now();
  await db.transaction(async (tx) => {
    for (const sql of FLOOR_MATCH) await tx.execute(sql);
  }, AS_LOGIN);
  const seconds = (performance.now() - started) / 1000;
  await db.transaction((tx) => tx.runScript('drop schema floor cascade'), AS_LOGIN);
  return seconds;
}

async function settled(db) {
  await db.transaction((tx) => tx.execute(`analyze ${TABLES}`), AS_LOGIN);
  await db.administer('checkpoint');
}

try {
  writeFileSync(
    join(folder, 'tieout.yaml'),
    readFileSync(join(root, 'fixtures/demo/tieout.yaml'), 'utf8'),
  );
  tieout('db', 'start');
  tieout('db', 'migrate');
  const db = Database.open({ url: tieout('db', 'url').trim() });
  const packs = rulePacksOf(loadConfig({ cwd: folder, env }));
  const floors = [await floorSeconds(db)];
  await openBook(db, 1);
  await fill(db, 1, 1, 1, size);
  await settled(db);
  const all = await match(db, 1, 1, packs);
  floors.push(await floorSeconds(db));
  const floor = Math.min(...floors);
  console.log(`floor       ${floors.map((seconds) => seconds.toFixed(2)).join(', ')} s`);
  console.log(
    `match       ${all.seconds.toFixed(2)} s, ${all.groups} of ${size} lines tied; match / floor ${(all.seconds / floor).toFixed(2)}`,
  );

  const night = Math.round(size / 10);
  await openBook(db, 2);
  await fill(db, 2, 1, 1, night);
  await settled(db);
  const young = await match(db, 2, 1, packs);
  console.log(`night       ${night} lines on an empty book ${young.seconds.toFixed(2)} s`);
  await tellOld('1 in 100 of them open', 1);
  await openBook(db, 3);
  await fill(db, 3, 1, 1, size, size + 1);
  await settled(db);
  await match(db, 3, 1, packs);
  await tellOld('none of them open', 3);

  async function tellOld(what, bookId) {
    await fill(db, bookId, 2, 10_000_001, night);
    await settled(db);
    const old = await match(db, bookId, 2, packs);
    console.log(
      `            after ${size} settled, ${what}: ${old.seconds.toFixed(2)} s; ratio ${(old.seconds / young.seconds).toFixed(2)}`,
    );
  }
  await db.close();
} finally {
  execFileSync(process.execPath, [entryPoint, 'db', 'stop'], { cwd: folder, env, stdio: 'ignore' });
  await destroyServer(env.TIEOUT_STATE_DIR);
  rmSync(folder, { recursive: true, force: true });
}
