// How fast files are read and loaded, each figure as a ratio against something run beside it on the same file: seconds, rows a second
// and the peak memory of a process of its own.
//
//   npm run bench:ingest [-- ROWS] [-- GIGABYTES]   rows of each file (default 200,000), size of each streamed file (default 1)
import { execFileSync, spawnSync } from 'node:child_process';
import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const entryPoint = join(root, 'dist/bin/tieout.js');
const [mode, ...rest] = process.argv.slice(2);

// What is generated ---------------------------------------------------------------------------------------------------

const major = (minor) => `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
const comma = (minor) => major(minor).replace('.', ',');
const amountOf = (n) => 500 + ((n * 7919) % 20_000);

function* mt940(rows) {
  yield ':20:STARTUMS\r\n:25:10020030/1234567\r\n:28C:00001/001\r\n:60F:C260301EUR1000000,00\r\n';
  let balance = 100_000_000;
  for (let n = 0; n < rows; n += 1) {
    balance += amountOf(n);
    yield `:61:2603020302C${comma(amountOf(n))}NTRFORD-${n}//BANK${n}\r\n:86:166?00GUTSCHRIFT?20EREF+ORD-${n}?21SVWZ+Invoice ${n} thank y?22ou?30COBADEFF?31DE0210050000005420?32ANNA EXAMPLE\r\n`;
  }
  yield `:62F:C260302EUR${comma(balance)}\r\n-\r\n`;
}

function* camt053(rows) {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-02T21:40:00Z</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>`;
  let sum = 0;
  // Nobody asks for the balance of a statement that never ends.
  if (rows < Number.MAX_SAFE_INTEGER) for (let n = 0; n < rows; n += 1) sum += amountOf(n);
  const balance = (code, minor) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${major(minor)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>`;
  yield `${balance('OPBD', 0)}${balance('CLBD', sum)}\n`;
  for (let n = 0; n < rows; n += 1) {
    yield `<Ntry><Amt Ccy="EUR">${major(amountOf(n))}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt><AcctSvcrRef>BANK${n}</AcctSvcrRef>` +
      `<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>ORD-${n}</EndToEndId></Refs><RmtInf><Ustrd>Invoice ${n}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`;
  }
  yield '</Stmt></BkToCstmrStmt></Document>\n';
}

const HEADER =
  'Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,' +
  'Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),' +
  'Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number\n';

function* adyen(rows) {
  yield HEADER;
  let net = 0;
  for (let n = 0; n < rows; n += 1) {
    const gross = amountOf(n);
    net += gross - 25;
    yield `Acme,AcmeShop,88${String(n).padStart(14, '0')},ORD-${n},visa,2026-03-02 10:00:00,CET,Settled,99${String(n).padStart(14, '0')},EUR,,${major(gross)},1,EUR,,${major(gross - 25)},0.25,,,,visaclassic,,500\n`;
  }
  yield `Acme,AcmeShop,,,,2026-03-04 02:00:00,CET,MerchantPayout,TX900000XT batch 500,,,,,EUR,${major(net)},,,,,,,,500\n`;
}

const GENERATORS = { mt940, camt053, adyen };
const NAME = { mt940: 'statement.sta', camt053: 'statement.xml', adyen: 'settlement.csv' };

function write(path, parts) {
  const lines = [];
  for (const part of parts) lines.push(part);
  writeFileSync(path, lines.join(''));
}

// What is measured, each in a process of its own, modules loaded before ------------------------------------------------

const MEASURES = {
  async tieout() {
    const { detectFormat, inspectFile, readRecords } = await import('../dist/src/ingest/intake.js');
    const { FORMATS } = await import('../dist/src/ingest/formats.js');
    return async (path) => {
      const inspected = await inspectFile(path);
      let entries = 0;
      for await (const batch of readRecords(path, inspected, detectFormat(inspected.head, FORMATS)))
        for (const record of batch) if (record.kind === 'entry') entries += 1;
      return entries;
    };
  },
  async mt940js() {
    const { default: mt940js } = await import('mt940js');
    return (path) => {
      const [statement] = new mt940js.Parser().parse(readFileSync(path, 'utf8'));
      return statement.transactions.length;
    };
  },
  /** With its validator, without which it takes a file that was cut for a whole one. */
  async 'fast-xml-parser'() {
    const { XMLParser } = await import('fast-xml-parser');
    return (path) => {
      const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });
      const document = parser.parse(readFileSync(path, 'utf8'), true);
      return document.Document.BkToCstmrStmt.Stmt.Ntry.length;
    };
  },
  async 'csv-parse'() {
    const { parse } = await import('csv-parse');
    return async (path) => {
      let rows = -1;
      for await (const _ of createReadStream(path).pipe(parse({ bom: true }))) rows += 1;
      return rows;
    };
  },
  /** A file that is made while it is read, and never stored: `mt940:10` is ten gigabytes of MT940. */
  async stream() {
    const { FORMATS } = await import('../dist/src/ingest/formats.js');
    const { DEFAULT_SETTINGS } = await import('../dist/src/ingest/reader.js');
    return async (argument) => {
      const [name, gigabytes] = argument.split(':');
      let entries = 0;
      const parts = GENERATORS[name](Number.MAX_SAFE_INTEGER);
      let chunk = '';
      while (chunk.length < 4_096) chunk += parts.next().value;
      const format = FORMATS.find((one) => one.detect(chunk) !== undefined);
      const count = (record) => {
        if (record.kind === 'entry') entries += 1;
      };
      const reader = format.open(count, format.detect(chunk), DEFAULT_SETTINGS);
      for (let left = Number(gigabytes) * 1e9; left > 0; left -= chunk.length) {
        await reader.write(chunk);
        chunk = '';
        while (chunk.length < 131_072) chunk += parts.next().value;
      }
      return entries;
    };
  },
};

if (mode === '--measure') {
  const [name, argument] = rest;
  const work = await MEASURES[name]();
  const started = performance.now();
  const before = process.cpuUsage();
  const count = await work(argument);
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = process.cpuUsage(before).user / 1e6;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ count, seconds, cpuSeconds, peakMb }));
  process.exit(0);
}

function measure(name, argument) {
  const runs = [1, 2, 3].map(() => measureOnce(name, argument));
  return runs.sort((left, right) => left.cpuSeconds - right.cpuSeconds)[1];
}

function measureOnce(name, argument) {
  const run = spawnSync(process.execPath, [self, '--measure', name, argument], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`${name} ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

// Loading -------------------------------------------------------------------------------------------------------------

/** Loads the file into a fresh book, then copies the very same rows with psql into a table of the same shape. */
async function loadBesidePsql(folder, path) {
  const env = { ...process.env, TIEOUT_STATE_DIR: join(folder, 'state') };
  delete env.DATABASE_URL;
  const tieout = (...args) =>
    execFileSync(process.execPath, [entryPoint, ...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  writeFileSync(join(folder, 'tieout.yaml'), readFileSync(join(root, 'fixtures/demo/tieout.yaml')));
  tieout('db', 'start');
  try {
    const url = tieout('db', 'url').trim();
    const psql = (sql) =>
      execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', url], {
        input: sql,
        encoding: 'utf8',
      });
    const started = performance.now();
    tieout('ingest', path);
    const seconds = (performance.now() - started) / 1000;
    const idle = performance.now();
    tieout('ingest', path);
    const startUp = (performance.now() - idle) / 1000;
    const rows = join(folder, 'entry.copy');
    psql(
      `\\copy tieout.entry to '${rows}'\ncreate table public.entry (like tieout.entry including all);`,
    );
    const copyStarted = performance.now();
    psql(`\\copy public.entry from '${rows}'`);
    const copySeconds = (performance.now() - copyStarted) / 1000;
    return { seconds, startUp, copySeconds };
  } finally {
    tieout('db', 'stop');
    const { destroyServer } = await import('../dist/src/db/embedded.js');
    await destroyServer(env.TIEOUT_STATE_DIR);
  }
}

// Seconds of the processor, not of the wall: what else runs on the machine does not count.
const line = (what, { count, cpuSeconds, peakMb }, megabytes) =>
  console.log(
    `${what.padEnd(34)} ${cpuSeconds.toFixed(2).padStart(7)} s ${Math.round(count / cpuSeconds)
      .toLocaleString('en')
      .padStart(
        9,
      )} rows/s ${(megabytes / cpuSeconds).toFixed(0).padStart(5)} MB/s  peak ${peakMb.toFixed(0)} MB`,
  );

const [rowsText = '200000', gigabytes = '1'] = process.argv
  .slice(2)
  .filter((argument) => /^[\d.]+$/.test(argument));
const folder = mkdtempSync(join(tmpdir(), 'tieout-bench-'));
try {
  const beside = { mt940: 'mt940js', camt053: 'fast-xml-parser', adyen: 'csv-parse' };
  for (const [format, other] of Object.entries(beside)) {
    const path = join(folder, NAME[format]);
    write(path, GENERATORS[format](Number(rowsText)));
    const megabytes = statSync(path).size / 1e6;
    const ours = measure('tieout', path);
    const theirs = measure(other, path);
    line(`${format}, parse and normalise`, ours, megabytes);
    line(`${format}, ${other} alone`, theirs, megabytes);
    console.log(`  speed / ${other} = ${(theirs.cpuSeconds / ours.cpuSeconds).toFixed(2)}`);
  }
  for (const format of Object.keys(beside)) {
    const streamed = measureOnce('stream', `${format}:${gigabytes}`);
    line(`${format}, ${gigabytes} GB streamed`, streamed, Number(gigabytes) * 1000);
  }
  const hasPsql = spawnSync('psql', ['--version']).status === 0;
  if (!hasPsql) console.log('loading: not measured, psql is not installed');
  else {
    const { seconds, startUp, copySeconds } = await loadBesidePsql(
      folder,
      join(folder, NAME.adyen),
    );
    console.log(
      `ingest ${rowsText} rows to Postgres ${seconds.toFixed(2)} s (${startUp.toFixed(2)} s to start and find the file known)`,
    );
    console.log(
      `psql \\copy of the same rows into a table of the same shape ${copySeconds.toFixed(2)} s`,
    );
    console.log(`  time / psql = ${(seconds / copySeconds).toFixed(2)}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
