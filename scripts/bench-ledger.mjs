// The ledger against the least a hand would write into the same tables, on one embedded server: payments one by one and
// together, a bulk load, a backdated posting, a trial balance, verify and seal. Each figure stands beside its floor.
//
//   npm run bench:ledger [-- JOURNALS [SECONDS]]        default 1,000,000 journals and 5 seconds a load
//
// The floor of single payments is pgbench (found by PATH or the variable PGBENCH); without it that ratio is left out.
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealJournals } from '../dist/src/audit/seal.js';
import { sealKeyOf } from '../dist/src/audit/seal-key.js';
import { Database } from '../dist/src/db/db.js';
import { destroyServer, ensureServer } from '../dist/src/db/embedded.js';
import { migrate } from '../dist/src/db/migrate.js';
import { listBalances } from '../dist/src/ledger/balances.js';
import { openBook } from '../dist/src/ledger/book.js';
import { chartOf } from '../dist/src/ledger/chart.js';
import { post } from '../dist/src/ledger/post.js';
import { Poster } from '../dist/src/ledger/poster.js';
import { verifyLedger } from '../dist/src/ledger/verify.js';

const journals = Number(process.argv[2] ?? 1_000_000);
const seconds = Number(process.argv[3] ?? 5);
const LATER = 300_000;
const NOW = new Date('2026-03-02T09:00:00Z');
const chart = chartOf([]);
const folder = mkdtempSync(join(tmpdir(), 'tieout-bench-'));
const stateDirectory = join(folder, 'state');

function tell(what, figure, beside = '') {
  process.stdout.write(`${what.padEnd(52)} ${figure.padStart(16)}  ${beside}\n`);
}

const rate = (count, time) => `${Math.round(count / time).toLocaleString('en')}/s`;
const times = (ratio) => `${ratio.toFixed(2)} ×`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function secondsOf(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function givenBook(db, book) {
  const config = { book, currency: 'EUR', timeZone: 'UTC' };
  return await db.transaction((tx) => openBook(tx, { config, now: NOW }));
}

// One by one and together -----------------------------------------------------------------------------------------------

const CLIENTS = 8;
const ACCOUNTS_A_CLIENT = 50;

function payment(key, debit, credit) {
  return {
    key,
    kind: 'capture',
    effectiveDate: '2026-03-01',
    currency: 'EUR',
    reference: `ORD-${key.slice(-8)}`,
    description: 'capture',
    createdBy: 'bench',
    postings: [{ debit, credit, amountMinor: 5n }],
  };
}

async function paymentsASecond(db, { clients, batchSize, lanes, isHot }) {
  const bookId = await givenBook(db, `pay-${randomUUID()}`);
  const poster = new Poster(db, {
    bookId,
    chart,
    now: () => NOW,
    newOperationId: randomUUID,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(lanes === undefined ? {} : { lanes }),
  });
  const debitOf = (client, n) =>
    isHot ? 'assets:bank:hot' : `assets:bank:${client}-${n % ACCOUNTS_A_CLIENT}`;
  const creditOf = (client, n) => `liabilities:payable:${client}-${n % ACCOUNTS_A_CLIENT}`;
  let [until, done] = [0, 0];
  const run = async (client, prefix) => {
    for (
      let n = 0;
      performance.now() < until || (prefix === 'warm' && n < ACCOUNTS_A_CLIENT);
      n += 1
    ) {
      const { code } = await poster.post(
        payment(`${prefix}|${client}|${n}`, debitOf(client, n), creditOf(client, n)),
      );
      if (code !== 'created') throw new Error(`a payment was answered ${code}`);
      done += 1;
    }
  };
  const all = (prefix) =>
    Promise.all(Array.from({ length: clients }, (_, client) => run(client, prefix)));
  await all('warm');
  done = 0;
  until = performance.now() + seconds * 1000;
  return done / (await secondsOf(() => all('run'))) || done / seconds;
}

const LEAST_PAYMENT = (debit) => `\\set d ${debit}
\\set c random(401, 800)
\\set a random(1, 1000000000000)
\\set b random(1, 1000000000000)
begin;
insert into tieout.journal_key (book_id, key_hash, journal_id, booked_on, fingerprint, operation_id) values (1, decode(lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'), 'hex'), (lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, '2026-03-02', '\\x00112233445566778899aabbccddeeff', '00000000-0000-0000-0000-000000000001');
insert into tieout.journal (book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, description, created_by) values (1, '2026-03-02', (lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, 'run|' || :a, 'capture', '2026-03-01', '2026-03-02', 'ORD-' || :a, 'capture', 'bench');
insert into tieout.posting (book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor, effective_date, opens_debit_item, opens_credit_item) values (1, '2026-03-02', (lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, 1, 'settled', :d, :c, 'EUR', 5, '2026-03-01', false, false);
update tieout.balance set debits_minor = debits_minor + 5 where book_id = 1 and account_id = :d and slot = 0;
update tieout.balance set credits_minor = credits_minor + 5 where book_id = 1 and account_id = :c and slot = 0;
update tieout.balance_day set debits_minor = debits_minor + 5 where book_id = 1 and account_id = :d and effective_date = '2026-03-01' and booked_on = '2026-03-02' and slot = 0;
update tieout.balance_day set credits_minor = credits_minor + 5 where book_id = 1 and account_id = :c and effective_date = '2026-03-01' and booked_on = '2026-03-02' and slot = 0;
commit;
`;

async function givenFloorAccounts(db) {
  await db.transaction(
    (tx) =>
      tx.runScript(`
        insert into tieout.book values (1, 'floor', 'EUR', 'UTC', '2026-03-02');
        insert into tieout.account (book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at)
        select 1, n, 'floor:' || n, 'EUR', 'floor', 'asset', 'debit', false, 'active', '2026-03-02' from generate_series(1, 800) n;
        insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
        select 1, n, 0, 0, 0 from generate_series(1, 800) n;
        insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, debits_minor, credits_minor)
        select 1, n, '2026-03-01', '2026-03-02', 0, 0 from generate_series(1, 800) n;`),
    { role: 'owner' },
  );
}

function pgbench(url, debit) {
  const program = process.env.PGBENCH ?? 'pgbench';
  if (spawnSync(program, ['--version']).status !== 0) return undefined;
  const script = join(folder, 'least.sql');
  writeFileSync(script, LEAST_PAYMENT(debit));
  const said = execFileSync(
    program,
    [
      url,
      '-n',
      '-f',
      script,
      '-M',
      'prepared',
      '-c',
      String(CLIENTS),
      '-j',
      '2',
      '-T',
      String(seconds),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return Number(/tps = ([\d.]+)/.exec(said)?.[1]);
}

async function benchPayments(db, url) {
  await givenFloorAccounts(db);
  const floor = pgbench(url, 'random(1, 400)');
  const single = await paymentsASecond(db, {
    clients: CLIENTS,
    batchSize: 1,
    lanes: CLIENTS,
    isHot: false,
  });
  tell(
    `payments, unrelated accounts, ${CLIENTS} at once`,
    rate(single, 1),
    floor === undefined
      ? 'pgbench not found, no ratio'
      : `pgbench, least SQL ${rate(floor, 1)}: ${times(single / floor)} (0.7 asked)`,
  );
  const usual = await paymentsASecond(db, { clients: CLIENTS, isHot: false });
  tell(
    `the same as the module posts by default`,
    rate(usual, 1),
    floor === undefined ? '' : `${times(usual / floor)} of pgbench`,
  );
  const together = await paymentsASecond(db, {
    clients: 200,
    batchSize: 100,
    lanes: 2,
    isHot: false,
  });
  tell(
    'payments, unrelated accounts, micro-batches',
    rate(together, 1),
    `${times(together / single)} of one by one`,
  );
  const hot = await paymentsASecond(db, {
    clients: 200,
    batchSize: 1,
    lanes: CLIENTS,
    isHot: true,
  });
  const hotTogether = await paymentsASecond(db, {
    clients: 200,
    batchSize: 100,
    lanes: 2,
    isHot: true,
  });
  tell('one hot account, one by one', rate(hot, 1));
  tell(
    'one hot account, micro-batches',
    rate(hotTogether, 1),
    `${times(hotTogether / hot)} of one by one (3 asked)`,
  );
}

// Bulk ------------------------------------------------------------------------------------------------------------------

async function* captures(from, to) {
  for (let first = from; first < to; first += 1_000) {
    yield Array.from({ length: Math.min(1_000, to - first) }, (_, at) => {
      const n = first + at;
      return {
        key: `payment|pay_${n}`,
        kind: 'capture',
        effectiveDate: '2026-03-01',
        currency: 'EUR',
        reference: `ORD-${n}`,
        paymentId: `pay_${n}`,
        description: `capture ORD-${n}`,
        createdBy: 'bench',
        postings: [
          {
            debit: 'assets:receivable:adyen',
            credit: `liabilities:payable:shop-${n % 50}`,
            amountMinor: BigInt(500 + (n % 20_000)),
            opens: 'debit',
          },
        ],
      };
    });
  }
}

const FLOOR_REQUESTS = `
  create schema floor;
  create unlogged table floor.request as
  select n, 'payment|pay_' || n as key, substring(sha256(convert_to('payment|pay_' || n, 'UTF8')) for 16) as key_hash,
    tieout.account_id('assets:receivable:adyen', 'EUR') as debit,
    tieout.account_id('liabilities:payable:shop-' || n % 50, 'EUR') as credit, 500 + n % 20000 as amount,
    ('019ca6c08400' || left(encode(sha256(convert_to('payment|pay_' || n, 'UTF8')), 'hex'), 16) || '0000')::uuid as journal_id
  from generate_series(0, ${journals - 1}) n`;
const FLOOR_LOAD = [
  `insert into tieout.journal_key (book_id, key_hash, journal_id, booked_on, fingerprint, operation_id)
   select $1::bigint, key_hash, journal_id, '2026-03-02', key_hash, '00000000-0000-0000-0000-000000000001' from floor.request order by key_hash`,
  `insert into tieout.journal (book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, payment_id, description, created_by)
   select $1::bigint, '2026-03-02', journal_id, key, 'capture', '2026-03-01', '2026-03-02', 'ORD-' || n, 'pay_' || n, 'capture ORD-' || n, 'bench' from floor.request`,
  `insert into tieout.posting (book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor, effective_date, opens_debit_item, opens_credit_item)
   select $1::bigint, '2026-03-02', journal_id, 1, 'settled', debit, credit, 'EUR', amount, '2026-03-01', true, false from floor.request`,
  `insert into tieout.open_item (book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id)
   select $1::bigint, tieout.item_id(journal_id, 1, true), debit, 'EUR', amount, 'capture', 'ORD-' || n, 'pay_' || n, '2026-03-01', '2026-03-02', journal_id from floor.request`,
  `insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
   select $1::bigint, account_id, 0, sum(debits), sum(credits)
   from floor.request cross join lateral (values (debit, amount, 0), (credit, 0, amount)) side (account_id, debits, credits) group by account_id`,
  `insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, debits_minor, credits_minor)
   select $1::bigint, account_id, '2026-03-01', '2026-03-02', sum(debits), sum(credits)
   from floor.request cross join lateral (values (debit, amount, 0), (credit, 0, amount)) side (account_id, debits, credits) group by account_id`,
];

async function benchBulk(db) {
  const bookId = await givenBook(db, 'bulk');
  const floorBook = await givenBook(db, 'bulk-floor');
  const options = { bookId, chart, operationId: randomUUID(), now: NOW };
  const ours = await secondsOf(async () => {
    const outcome = await db.transaction((tx) => post(tx, captures(0, journals), options));
    if (outcome.created !== journals) throw new Error(`${outcome.created} journals were created`);
  });
  await db.transaction(
    async (tx) => {
      await tx.runScript(FLOOR_REQUESTS);
      await tx.execute(
        `insert into tieout.account (book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at)
         select $1::bigint, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at
         from tieout.account where book_id = $2::bigint`,
        [floorBook, bookId],
      );
    },
    { role: 'owner' },
  );
  await db.administer('checkpoint');
  const floor = await secondsOf(() =>
    db.transaction(
      async (tx) => {
        for (const sql of FLOOR_LOAD) await tx.execute(sql, [floorBook]);
      },
      { role: 'owner' },
    ),
  );
  tell(
    `bulk, ${journals.toLocaleString('en')} journals with keys, items, balances`,
    rate(journals, ours),
    `INSERT … SELECT ${rate(journals, floor)}: ${times(floor / ours)} (0.6, and 40,000/s asked)`,
  );
  return bookId;
}

// Backdating, reading, checking -----------------------------------------------------------------------------------------

async function benchBackdating(db) {
  const bookId = await givenBook(db, 'backdating');
  async function* later() {
    for (let first = 0; first < LATER; first += 1_000) {
      yield Array.from({ length: 1_000 }, (_, at) => ({
        ...payment(
          `later|${first + at}`,
          'assets:bank:main',
          `liabilities:payable:shop-${at % 50}`,
        ),
        effectiveDate: `2026-02-${String(1 + ((first + at) % 28)).padStart(2, '0')}`,
      }));
    }
  }
  await db.transaction((tx) =>
    post(tx, later(), { bookId, chart, operationId: randomUUID(), now: NOW }),
  );
  const poster = new Poster(db, {
    bookId,
    chart,
    now: () => NOW,
    newOperationId: randomUUID,
    batchSize: 1,
  });
  const taken = [];
  for (let n = 0; n < 300; n += 1) {
    const request = {
      ...payment(`back|${n}`, 'assets:bank:main', 'liabilities:payable:shop-1'),
      effectiveDate: '2025-12-31',
    };
    taken.push(await secondsOf(() => poster.post(request)));
  }
  const posting = median(taken.slice(50)) * 1000;
  const reading = median(
    await inTurn(20, () =>
      secondsOf(() => db.read((tx) => listBalances(tx, { bookId, asOf: '2026-02-14' }))),
    ),
  );
  tell(
    `backdated before ${LATER.toLocaleString('en')} postings`,
    `${posting.toFixed(2)} ms`,
    `5 ms asked; balances as of a day in between ${(reading * 1000).toFixed(1)} ms`,
  );
}

/** Postings on a thousand accounts over four hundred days, booked on three, with their sums; written by SQL, to be read. */
async function givenPostings(db, bookId) {
  await db.transaction(
    (tx) =>
      tx.runScript(`
        insert into tieout.account (book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at)
        select ${bookId}, n, 'assets:bank:' || n, 'EUR', 'bank', 'asset', 'debit', false, 'active', '2026-01-01' from generate_series(1, 1000) n;
        create unlogged table floor.movement as
        select n, 1 + n % 1000 as debit, 1 + (n + 1 + n % 7) % 1000 as credit, date '2025-01-01' + (n / 7) % 400 as day,
          date '2026-03-01' + n % 3 as booked_on, 1 + n % 5000 as amount
        from generate_series(0, ${journals - 1}) n;
        insert into tieout.posting (book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor, effective_date, opens_debit_item, opens_credit_item)
        select ${bookId}, booked_on, lpad(to_hex(n), 32, '0')::uuid, 1, 'settled', debit, credit, 'EUR', amount, day, false, false from floor.movement;
        insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, debits_minor, credits_minor)
        select ${bookId}, account_id, day, booked_on, sum(debits), sum(credits)
        from floor.movement cross join lateral (values (debit, amount, 0), (credit, 0, amount)) side (account_id, debits, credits)
        group by account_id, day, booked_on;
        insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
        select ${bookId}, account_id, 0, sum(debits_minor), sum(credits_minor) from tieout.balance_day where book_id = ${bookId} group by account_id;`),
    { role: 'owner' },
  );
  await db.administer('analyze tieout.balance_day, tieout.balance, tieout.account');
}

async function benchTrialBalance(db) {
  const bookId = await givenBook(db, 'trial');
  await givenPostings(db, bookId);
  for (const [when, point] of [
    ['now', {}],
    ['as of a day in the middle', { asOf: '2025-07-15' }],
    ['as of the last day, as known a day earlier', { asOf: '2026-03-01', knownAt: '2026-03-02' }],
  ]) {
    const taken = median(
      await inTurn(5, () =>
        secondsOf(() => db.read((tx) => listBalances(tx, { bookId, ...point }))),
      ),
    );
    tell(
      `trial balance over ${journals.toLocaleString('en')} postings, ${when}`,
      `${(taken * 1000).toFixed(0)} ms`,
      '1,000 ms asked',
    );
  }
}

async function benchSeal(db, bookId) {
  const key = sealKeyOf({
    file: undefined,
    stateDirectory: folder,
    newKey: () => generateKeyPairSync('ed25519').privateKey,
  });
  const sealing = await secondsOf(async () => {
    for (let isFull = true; isFull; )
      ({ isFull } = await db.transaction((tx) => sealJournals(tx, { bookId, key, now: NOW })));
  });
  tell('sealing, a journal', `${((sealing * 1e6) / journals).toFixed(1)} µs`, '10 µs asked');
}

async function inTurn(count, work) {
  const values = [];
  for (let n = 0; n < count; n += 1) values.push(await work());
  return values;
}

const server = await ensureServer({ stateDirectory });
const db = Database.open({ url: server.url, maxConnections: 20 });
try {
  await migrate(db);
  await benchPayments(db, server.url);
  const bookId = await benchBulk(db);
  await benchBackdating(db);
  await benchTrialBalance(db);
  await benchSeal(db, bookId);
  const verify = await secondsOf(() => db.read((tx) => verifyLedger(tx, bookId)));
  tell(
    `verify, ${journals.toLocaleString('en')} journals, sealed`,
    `${verify.toFixed(1)} s`,
    '30 s asked',
  );
} finally {
  await db.close();
  await destroyServer(stateDirectory);
  rmSync(folder, { recursive: true, force: true });
}
