// One settlement run of N entries against N open items (default 100,000): seconds by stage and Node's peak memory, beside the
// least a hand-written SQL script must do with the same rows, already normalised, nothing checked, explained or reported.
//
// With a second number K: the same night of N once more on a book that has settled K × N lines before, stage by stage.
//
//   npm run bench:run [-- N [K]]
import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Database } from '../dist/src/db/db.js';
import { destroyServer } from '../dist/src/db/embedded.js';

const payments = Number(process.argv[2] ?? 100_000);
const history = Number(process.argv[3] ?? 0);
const root = fileURLToPath(new URL('..', import.meta.url));
const entryPoint = join(root, 'dist/bin/tieout.js');
const folder = mkdtempSync(join(tmpdir(), 'tieout-bench-'));
const env = { ...process.env, TIEOUT_STATE_DIR: join(folder, 'state') };
delete env.DATABASE_URL;
const tellPeak = `process.on('exit', () => process.stderr.write('\\npeak_rss_kb ' + process.resourceUsage().maxRSS + '\\n'))`;

function tieout(...args) {
  const run = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(tellPeak)}`, entryPoint, ...args],
    { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (run.status !== 0)
    throw new Error(`tieout ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
  return { stdout: run.stdout, peakMb: Number(/peak_rss_kb (\d+)/.exec(run.stderr)[1]) / 1024 };
}

async function write(name, lines) {
  const stream = createWriteStream(join(folder, name));
  for (const line of lines)
    if (!stream.write(`${line}\n`)) await new Promise((go) => stream.once('drain', go));
  stream.end();
  await finished(stream);
}

const HEADER =
  'Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,' +
  'Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),' +
  'Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number';
const major = (minor) => `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
const amountOf = (n) => 500 + ((n * 7919) % 20_000);
const FEE = 25;
const BATCHES = 10;

function* ledger(first = 0, count = payments) {
  yield 'payment_id,reference,kind,source,merchant,currency,amount,effective_date';
  for (let n = first; n < first + count; n += 1) {
    yield `pay_${n},ORD-${n},capture,adyen,shop-${n % 50},EUR,${major(amountOf(n))},2026-03-02`;
  }
}

function* settlement(first = 0, count = payments, firstBatch = 500) {
  yield HEADER;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    let net = 0;
    for (let n = first + batch; n < first + count; n += BATCHES) {
      const gross = amountOf(n);
      net += gross - FEE;
      yield `Acme,AcmeShop,88${String(n).padStart(14, '0')},ORD-${n},visa,2026-03-02 10:00:00,CET,Settled,99${String(n).padStart(14, '0')},` +
        `EUR,,${major(gross)},1,EUR,,${major(gross - FEE)},${major(FEE)},,,,visaclassic,,${firstBatch + batch}`;
    }
    yield `Acme,AcmeShop,,,,2026-03-04 02:00:00,CET,MerchantPayout,TX90${firstBatch}${batch}XT batch ${firstBatch + batch},,,,,EUR,${major(net)},,,,,,,,${firstBatch + batch}`;
  }
}

const FLOOR_TABLES = `
  create schema floor;
  create table floor.open_item (book_id int not null, item_id bigint not null, account_id int not null, reference text not null, currency char(3) not null, amount_minor bigint not null, value_date date not null, primary key (book_id, item_id));
  create table floor.entry (book_id int not null, entry_id bigint not null, source text not null, external_id text not null, reference text, kind text not null, currency char(3) not null, gross_minor bigint, fee_minor bigint, net_minor bigint, value_date date, batch text, primary key (book_id, entry_id), unique (book_id, source, external_id));
  create table floor.match_member (book_id int not null, group_id bigint not null, entry_id bigint not null, item_id bigint not null, primary key (book_id, entry_id), unique (book_id, item_id));
  create table floor.match_group (book_id int not null, group_id bigint not null, rule text not null, primary key (book_id, group_id));
  create table floor.posting (book_id int not null, batch text not null, seq int not null, debit_account_id int not null, credit_account_id int not null, amount_minor bigint not null, primary key (book_id, batch, seq));`;
const FLOOR_RUN = [
  `insert into floor.match_member select 1, entry.entry_id, entry.entry_id, open_item.item_id from floor.entry join floor.open_item on open_item.book_id = entry.book_id and open_item.reference = entry.reference and open_item.amount_minor = entry.gross_minor`,
  `insert into floor.match_group select 1, group_id, 'exact' from floor.match_member`,
  `delete from floor.open_item using floor.match_member where match_member.book_id = open_item.book_id and match_member.item_id = open_item.item_id`,
  `insert into floor.posting select 1, batch, seq, debit, 10, amount from (select batch, sum(net_minor) net, sum(fee_minor) fee from floor.entry join floor.match_member using (book_id, entry_id) group by batch) sums cross join lateral (values (1, 20, net), (2, 30, fee)) leg (seq, debit, amount)`,
];

async function* rows(make) {
  for (let start = 0; start < payments; start += 5_000) {
    yield Array.from({ length: Math.min(5_000, payments - start) }, (_, at) => make(start + at));
  }
}

// The floor has tables of its own, which the roles of the program know nothing of.
const AS_LOGIN = { role: 'owner' };

async function floorSeconds(url) {
  const db = Database.open({ url });
  await db.transaction(async (tx) => {
    await tx.runScript(FLOOR_TABLES);
    await tx.copyIn(
      {
        table: 'floor.open_item',
        columns: [
          'book_id',
          'item_id',
          'account_id',
          'reference',
          'currency',
          'amount_minor',
          'value_date',
        ],
      },
      rows((n) => [1, n, 10, `ORD-${n}`, 'EUR', amountOf(n), '2026-03-02']),
    );
  }, AS_LOGIN);
  await db.administer('vacuum analyze floor.open_item');
  const started = performance.now();
  await db.transaction(async (tx) => {
    await tx.copyIn(
      {
        table: 'floor.entry',
        columns: [
          'book_id',
          'entry_id',
          'source',
          'external_id',
          'reference',
          'kind',
          'currency',
          'gross_minor',
          'fee_minor',
          'net_minor',
          'value_date',
          'batch',
        ],
      },
      rows((n) => [
        1,
        n,
        'adyen',
        `99${n}`,
        `ORD-${n}`,
        'Settled',
        'EUR',
        amountOf(n),
        FEE,
        amountOf(n) - FEE,
        '2026-03-02',
        String(500 + (n % BATCHES)),
      ]),
    );
    await tx.runScript('analyze floor.entry');
    for (const sql of FLOOR_RUN) await tx.execute(sql);
  }, AS_LOGIN);
  const seconds = (performance.now() - started) / 1000;
  await db.close();
  return seconds;
}

/** The night of the bench on a book that has settled a multiple of it before. */
async function tellHistory(young, stages) {
  const before = payments * history;
  const book = ['--book', 'old'];
  await write('ledger-before.csv', ledger(payments, before));
  await write('settlement-before.csv', settlement(payments, before, 600));
  tieout('ledger', 'import', 'ledger-before.csv', ...book);
  tieout('run', 'settlement-before.csv', '--date', '2026-03-05', '--json', ...book);
  tieout('ledger', 'import', 'ledger.csv', ...book);
  const night = JSON.parse(
    tieout('run', 'settlement.csv', '--date', '2026-03-05', '--json', ...book).stdout,
  );
  const old = Object.values(night.seconds).reduce((sum, seconds) => sum + seconds, 0);
  console.log(
    `history         ${before} settled before: run ${old.toFixed(2)} s, matched ${night.matched.entries}; ratio ${(old / young).toFixed(2)}`,
  );
  for (const [stage, seconds] of Object.entries(night.seconds))
    console.log(
      `  ${stage.padEnd(13)} ${stages[stage].toFixed(2)} s, then ${seconds.toFixed(2)} s`,
    );
}

try {
  await write('tieout.yaml', [readFileSync(join(root, 'fixtures/demo/tieout.yaml'), 'utf8')]);
  await write('ledger.csv', ledger());
  await write('settlement.csv', settlement());
  tieout('db', 'start');
  const started = performance.now();
  const imported = tieout('ledger', 'import', 'ledger.csv');
  const importSeconds = (performance.now() - started) / 1000;
  const run = tieout('run', 'settlement.csv', '--date', '2026-03-05', '--json');
  const result = JSON.parse(run.stdout);
  const total = Object.values(result.seconds).reduce((sum, seconds) => sum + seconds, 0);
  const floor = await floorSeconds(tieout('db', 'url').stdout.trim());
  const again = JSON.parse(
    tieout('run', 'settlement.csv', '--date', '2026-03-05', '--json').stdout,
  );
  console.log(
    `ledger import   ${payments} payments in ${importSeconds.toFixed(2)} s, peak ${imported.peakMb.toFixed(0)} MB`,
  );
  for (const [stage, seconds] of Object.entries(result.seconds))
    console.log(`${stage.padEnd(15)} ${seconds.toFixed(2)} s`);
  console.log(
    `run             ${total.toFixed(2)} s, matched ${result.matched.entries} of ${result.entries.read} entries, ${result.journals.created} journals`,
  );
  console.log(
    `peak memory     ${run.peakMb.toFixed(0)} MB of Node, ${(run.peakMb / 256).toFixed(2)} x 256 MB`,
  );
  console.log(`floor           ${floor.toFixed(2)} s; run / floor ${(total / floor).toFixed(2)}`);
  console.log(
    `second run      ${again.entries.loaded} entries, ${again.journals.created} journals, same proof ${JSON.stringify(again.proof) === JSON.stringify(result.proof)}`,
  );
  if (history > 0) await tellHistory(total, result.seconds);
} finally {
  execFileSync(process.execPath, [entryPoint, 'db', 'stop'], { cwd: folder, env, stdio: 'ignore' });
  await destroyServer(env.TIEOUT_STATE_DIR);
  rmSync(folder, { recursive: true, force: true });
}
