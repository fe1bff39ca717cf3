// Plays simulated worlds night by night through the built command line, and holds what it says and ties against the truth.
//
//   node scripts/check-worlds.mjs [--seeds 1..10] [--payments 2000] [--breaks 0.01] [--no-restatements]
//     [--world DIR] [--edit SHELL] [--keep DIR] [--examples]
//
// --world plays a folder that is there already; --edit runs a command in each world before it is played, to prove that what it
// breaks is seen. Ends with 1 when something is wrong.
import { execSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Database } from '../dist/src/db/db.js';
import { destroyServer } from '../dist/src/db/embedded.js';
import { scoreWorld } from '../dist/src/simulate/score.js';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    payments: { type: 'string', default: '2000' },
    breaks: { type: 'string', default: '0.01' },
    'no-restatements': { type: 'boolean', default: false },
    world: { type: 'string' },
    edit: { type: 'string' },
    keep: { type: 'string' },
    examples: { type: 'boolean', default: false },
  },
});
const entryPoint = fileURLToPath(new URL('../dist/bin/tieout.js', import.meta.url));
const tellPeak = `process.on('exit', () => process.stderr.write('\\npeak_rss_kb ' + process.resourceUsage().maxRSS + '\\n'))`;
const PEAK = ['--import', `data:text/javascript,${encodeURIComponent(tellPeak)}`];

/** What a run may end with: done, differences found, or files kept aside. */
const DONE = [0, 2, 3];

const MATCHES = `
  select match_told.group_id::text as "group", match_told.rule, source_file.source, entry.external_id as "evidence",
    coalesce(item.payment_id, item.reference) as "payment"
  from tieout.match_told
  join tieout.match_member on match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
  left join tieout.entry
    on entry.book_id = match_member.book_id and entry.file_no = match_member.file_no and entry.ordinal = match_member.ordinal
  left join tieout.source_file on source_file.book_id = entry.book_id and source_file.file_no = entry.file_no
  left join (
    select posting.book_id, tieout.item_id(posting.journal_id, posting.seq, posting.opens_debit_item) as item_id,
      journal.payment_id, coalesce(posting.item_reference, journal.reference) as reference
    from tieout.posting
    join tieout.journal
      on journal.book_id = posting.book_id and journal.booked_on = posting.booked_on and journal.journal_id = posting.journal_id
    where posting.opens_debit_item or posting.opens_credit_item
  ) item on item.book_id = match_member.book_id and item.item_id = match_member.item_id
  where match_member.is_live`;

const EVIDENCE = `
  select exception_item.exception_id::text as "id", entry.external_id as "evidence"
  from tieout.exception_item
  join tieout.entry
    on entry.book_id = exception_item.book_id and entry.file_no = exception_item.file_no and entry.ordinal = exception_item.ordinal
  where entry.external_id is not null`;

let isRight = true;
const totals = [];
for (const seed of seedsOf(options.seeds)) {
  const { played, cost } = await playWorld(seed);
  const score = scoreWorld(played);
  totals.push(score);
  isRight = tell(`seed ${seed}`, score, cost) && isRight;
}
if (totals.length > 1) tellTotals();
process.exitCode = isRight ? 0 : 1;

function seedsOf(text) {
  if (options.world !== undefined) return [0];
  const [first, last = first] = text.split('..').map(Number);
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

async function playWorld(seed) {
  const home = mkdtempSync(join(tmpdir(), 'tieout-world-'));
  const folder = join(home, 'world');
  const env = { ...process.env, TIEOUT_STATE_DIR: join(home, 'state'), TIEOUT_LOG_LEVEL: 'silent' };
  delete env.DATABASE_URL;
  const tieout = (...args) => runTieout(args, { cwd: folder, env });
  try {
    const cost = { simulateSeconds: 0, nights: [], peakMb: 0 };
    if (options.world === undefined) {
      const started = performance.now();
      const restate = options['no-restatements'] ? ['--no-restatements'] : [];
      const asked = ['--payments', options.payments, '--breaks', options.breaks, '--out', folder];
      const made = runTieout(['simulate', '--seed', `${seed}`, ...asked, ...restate], {
        cwd: home,
        env,
      });
      if (made.status !== 0) throw new Error(made.stderr);
      cost.simulateSeconds = (performance.now() - started) / 1000;
      cost.simulateMb = made.peakMb;
    } else cpSync(options.world, folder, { recursive: true });
    if (options.edit !== undefined) execSync(options.edit, { cwd: folder, stdio: 'inherit' });
    if (tieout('db', 'start').status !== 0) throw new Error('the embedded database does not start');
    const nights = playNights(folder, tieout, cost);
    const played = await readPlayed(folder, nights, tieout('db', 'url').stdout.trim());
    if (options.keep !== undefined)
      cpSync(folder, join(options.keep, `seed-${seed}`), { recursive: true });
    return { played, cost };
  } finally {
    tieout('db', 'stop');
    await destroyServer(env.TIEOUT_STATE_DIR);
    rmSync(home, { recursive: true, force: true });
  }
}

function runTieout(args, surroundings) {
  const run = spawnSync(process.execPath, [...PEAK, entryPoint, ...args], {
    ...surroundings,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const peak = /peak_rss_kb (\d+)/.exec(run.stderr);
  return { ...run, peakMb: peak === null ? 0 : Number(peak[1]) / 1024 };
}

/** The exceptions that stood open after each night. */
function playNights(folder, tieout, cost) {
  const world = JSON.parse(readFileSync(join(folder, 'world.json'), 'utf8'));
  return world.nights.map((night) => {
    const imported = tieout('ledger', 'import', night.ledger, '--json');
    if (imported.status !== 0)
      throw new Error(`import of night ${night.night}: ${imported.stderr}`);
    const started = performance.now();
    const run = tieout('run', night.folder, '--date', night.date, '--json');
    const seconds = (performance.now() - started) / 1000;
    if (!DONE.includes(run.status))
      throw new Error(`the run of night ${night.night} ended with ${run.status}: ${run.stderr}`);
    const { proof } = JSON.parse(run.stdout);
    if (!proof.closes) throw new Error(`the proof of night ${night.night} does not close`);
    cost.nights.push({ night: night.night, seconds, exit: run.status });
    cost.peakMb = Math.max(cost.peakMb, run.peakMb);
    const listed = tieout('exceptions', 'list', '--as-of', night.date, '--json');
    if (listed.status !== 0)
      throw new Error(`exceptions of night ${night.night}: ${listed.stderr}`);
    return JSON.parse(listed.stdout).exceptions;
  });
}

async function readPlayed(folder, nights, url) {
  const db = Database.open({ url });
  try {
    // A server of minutes has no statistics yet, and the planner would join row by row.
    await db.administer('analyze');
    const { members, evidence } = await db.read(async (tx) => ({
      members: await tx.query(MATCHES, []),
      evidence: new Map((await tx.query(EVIDENCE, [])).map((row) => [row.id, row.evidence])),
    }));
    return {
      truth: linesOf(folder, 'truth.ndjson').map((line) => JSON.parse(line)),
      links: linksOf(folder),
      nights: nights.map((told) =>
        told.map((it) => ({ ...it, evidence: evidence.get(it.id) ?? null })),
      ),
      groups: groupsOf(members),
    };
  } finally {
    await db.close();
  }
}

function linesOf(folder, name) {
  return readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function linksOf(folder) {
  const links = new Map();
  for (const line of linesOf(folder, 'links.csv').slice(1)) {
    const [, source, evidence, , quoted, plain] = /^([^,]*),([^,]*),([^,]*),(?:"(.*)"|(.*))$/.exec(
      line,
    );
    const key = `${source}|${evidence}`;
    links.set(key, [...(links.get(key) ?? []), quoted ?? plain]);
  }
  return links;
}

function groupsOf(members) {
  const groups = new Map();
  for (const { group, rule, source, evidence, payment } of members) {
    const known = groups.get(group) ?? { rule, entries: [], payments: [] };
    if (evidence !== null && source !== null) known.entries.push(`${source}|${evidence}`);
    if (payment !== null) known.payments.push(payment);
    groups.set(group, known);
  }
  return [...groups.values()];
}

function tell(name, score, cost) {
  const rows = [...score.kinds]
    .sort()
    .map(([kind, it]) => [
      kind,
      it.injected,
      it.right,
      it.otherwise,
      it.missed,
      [...it.toldAs].map(([code, times]) => `${code} ${times}`).join(', '),
    ]);
  console.log(`\n${name}`);
  table(['break', 'injected', 'right', 'otherwise', 'missed', 'open at the end'], rows);
  if (options.examples) {
    for (const [kind, { examples }] of [...score.kinds].sort())
      for (const example of examples) console.log(`  ${kind}: ${example}`);
  }
  tellSums(score);
  const total = cost.nights.reduce((sum, { seconds }) => sum + seconds, 0);
  const slowest = Math.max(...cost.nights.map(({ seconds }) => seconds));
  const kept = cost.nights
    .filter(({ exit }) => exit !== 0)
    .map(({ night, exit }) => `${night}: ${exit}`);
  console.log(
    `simulate ${cost.simulateSeconds.toFixed(1)} s, ${(cost.simulateMb ?? 0).toFixed(0)} MB; ${cost.nights.length} runs ` +
      `${total.toFixed(1)} s, slowest ${slowest.toFixed(1)} s, peak ${cost.peakMb.toFixed(0)} MB; ` +
      `runs that did not end with 0: ${kept.join(', ') || 'none'}`,
  );
  return (
    score.falseExceptions.length === 0 &&
    score.wrongMatches.length === 0 &&
    score.untied.length === 0 &&
    [...score.kinds.values()].every((it) => it.right === it.injected)
  );
}

function tellSums(score) {
  const byCode = new Map();
  for (const it of score.falseExceptions) byCode.set(it.code, [...(byCode.get(it.code) ?? []), it]);
  console.log(`false exceptions at the end: ${score.falseExceptions.length}`);
  for (const [code, told] of byCode) {
    const examples = told
      .slice(0, 3)
      .map((it) => `${it.reference} ${it.amount_minor} ${it.currency}`);
    console.log(`  ${code} ${told.length}: ${examples.join('; ')}`);
  }
  const passing = [...score.passingExceptions].map(([code, times]) => `${code} ${times}`);
  console.log(`false exceptions that passed: ${passing.join(', ') || 'none'}`);
  for (const wrong of score.wrongMatches.slice(0, 5))
    console.log(
      `  wrong: ${wrong.entry} tied to ${wrong.payments} by ${wrong.rule}, belongs to ${wrong.rightPayments}`,
    );
  const right = score.matches - score.wrongMatches.length;
  console.log(
    `matches ${score.matches}, wrong ${score.wrongMatches.length}, precision ${share(right, score.matches)}; ` +
      `to tie ${score.toTie}, tied ${score.tied}, recall ${share(score.tied, score.toTie)}`,
  );
  if (score.untied.length > 0) console.log(`  not tied: ${score.untied.slice(0, 5).join(', ')}`);
}

/** Six digits, cut and not rounded: 100 % is said only where nothing is wrong. */
function share(part, whole) {
  if (whole === 0) return 'of none';
  return `${(Math.floor((part / whole) * 1e6) / 1e4).toFixed(4)} %`;
}

function tellTotals() {
  const kinds = new Map();
  for (const score of totals)
    for (const [kind, it] of score.kinds) {
      const sum = kinds.get(kind) ?? [0, 0, 0, 0, new Map()];
      for (const [code, times] of it.toldAs) sum[4].set(code, (sum[4].get(code) ?? 0) + times);
      kinds.set(kind, [
        sum[0] + it.injected,
        sum[1] + it.right,
        sum[2] + it.otherwise,
        sum[3] + it.missed,
        sum[4],
      ]);
    }
  console.log('\nall worlds');
  const rows = [...kinds]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, [injected, right, otherwise, missed, codes]]) => [
      kind,
      injected,
      right,
      otherwise,
      missed,
      [...codes].map(([code, times]) => `${code} ${times}`).join(', '),
    ]);
  table(['break', 'injected', 'right', 'otherwise', 'missed', 'open at the end'], rows);
  const sum = (of) => totals.reduce((all, score) => all + of(score), 0);
  tellSums({
    falseExceptions: totals.flatMap(({ falseExceptions }) => falseExceptions),
    passingExceptions: totals.reduce((all, { passingExceptions }) => {
      for (const [code, times] of passingExceptions) all.set(code, (all.get(code) ?? 0) + times);
      return all;
    }, new Map()),
    wrongMatches: totals.flatMap(({ wrongMatches }) => wrongMatches),
    untied: totals.flatMap(({ untied }) => untied),
    matches: sum(({ matches }) => matches),
    toTie: sum(({ toTie }) => toTie),
    tied: sum(({ tied }) => tied),
  });
}

function table(titles, rows) {
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column]).length)),
  );
  for (const row of [titles, ...rows]) {
    const cells = row.map((cell, column) =>
      typeof cell === 'number'
        ? String(cell).padStart(widths[column])
        : String(cell).padEnd(widths[column]),
    );
    console.log(`  ${cells.join('  ').trimEnd()}`);
  }
}
