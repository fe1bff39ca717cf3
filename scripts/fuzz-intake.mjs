// Feeds mutated files to the readers and holds them to this: every one is accepted, refused or has records kept aside, each with a
// reason code; none crashes, takes longer than a second, or lets the memory grow.
//
//   npm run fuzz -- [COUNT] [SEED] [DIR…]     default 100,000 mutants, seed 1, of the files under fixtures/
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FORMATS } from '../dist/src/ingest/formats.js';
import { detectFormat, inspectFile, readRecords } from '../dist/src/ingest/intake.js';
import { FileRefusal } from '../dist/src/ingest/record.js';

const MAX_SEED_BYTES = 65_536;
const MAX_MILLISECONDS = 1_000;
const MAX_HEAP_MB = 512;
const REASON = /^[A-Z][A-Z0-9_]+$/;

const [countText = '100000', seedText = '1', ...folders] = process.argv.slice(2);
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const seeds = (folders.length > 0 ? folders : [fixtures]).flatMap(filesBelow);

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !/\.(?:json|jsonl|md|yaml)$/.test(path))
    .filter((path) => statSync(path).size <= MAX_SEED_BYTES)
    .sort()
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

/** Mulberry32: a mutant is named by its seed and number, and is made again from them. */
function chanceOf(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const INTERESTING = [
  '\0',
  '"',
  '""',
  "'",
  ',',
  ';',
  '\n',
  '\r',
  '\r\n',
  '<',
  '>',
  '&',
  '&#0;',
  ']]>',
  '<!--',
  '-->',
  '<![CDATA[',
  '<!DOCTYPE a>',
  ':',
  ':61:',
  ':86:',
  ':62F:',
  ':60F:',
  '{4:',
  '-}',
  '16,',
  '88,',
  '99,',
  '03,',
  '/',
  '//',
  '-',
  '+',
  '0',
  '9'.repeat(40),
  '1e9',
  '.',
  '\u00fc',
  '\ufeff',
  '\u202e',
  '\u{1f4b6}',
  'EUR',
  'XXX',
  'JPY',
  '20260230',
  '9999-99-99',
  '?20',
  'A'.repeat(5_000),
  ' '.repeat(300),
].map((text) => Buffer.from(text));

const MUTATIONS = [
  (bytes, chance) => {
    const copy = Buffer.from(bytes);
    copy[chance(copy.length)] ^= 1 << chance(8);
    return copy;
  },
  (bytes, chance) => {
    const copy = Buffer.from(bytes);
    copy[chance(copy.length)] = chance(256);
    return copy;
  },
  (bytes, chance) => bytes.subarray(0, chance(bytes.length)),
  (bytes, chance) => {
    const at = chance(bytes.length);
    return Buffer.concat([
      bytes.subarray(0, at),
      bytes.subarray(Math.min(bytes.length, at + 1 + chance(64))),
    ]);
  },
  (bytes, chance) => {
    const at = chance(bytes.length);
    return Buffer.concat([
      bytes.subarray(0, at),
      INTERESTING[chance(INTERESTING.length)],
      bytes.subarray(at),
    ]);
  },
  (bytes, chance) => {
    const at = chance(bytes.length);
    const part = bytes.subarray(at, at + 1 + chance(2_000));
    return Buffer.concat([bytes.subarray(0, at), part, part, bytes.subarray(at)]);
  },
  (bytes, chance) => {
    const [a, b] = [chance(bytes.length), chance(bytes.length)].sort((x, y) => x - y);
    return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b), bytes.subarray(a, b)]);
  },
  (bytes, chance) => {
    const other = seeds[chance(seeds.length)].bytes;
    return Buffer.concat([
      bytes.subarray(0, chance(bytes.length)),
      other.subarray(chance(other.length || 1)),
    ]);
  },
  (bytes, chance) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/\d+/g, (digits) =>
          chance(40) === 0 ? String(chance(1e9)).repeat(1 + chance(4)) : digits,
        ),
      'latin1',
    ),
  (bytes, chance) => Buffer.from(bytes.toString('latin1'), chance(2) === 0 ? 'utf16le' : 'utf8'),
];

function mutantOf(number) {
  const chance = chanceOf(Number(seedText) * 1_000_003 + number);
  const seed = seeds[chance(seeds.length)];
  let bytes = seed.bytes;
  for (let left = 1 + chance(3); left > 0 && bytes.length > 0; left -= 1) {
    bytes = MUTATIONS[chance(MUTATIONS.length)](bytes, chance);
  }
  return { seed, bytes };
}

async function dispositionOf(path) {
  let rejections = 0;
  try {
    const inspected = await inspectFile(path);
    for await (const records of readRecords(
      path,
      inspected,
      detectFormat(inspected.head, FORMATS),
    )) {
      for (const record of records) {
        if (record.kind === 'rejection') {
          rejections += 1;
          if (!REASON.test(record.reason))
            throw new Error(`a rejection has the reason "${record.reason}"`);
        }
        if (record.kind === 'diagnostic' && !REASON.test(record.code))
          throw new Error(`a diagnostic has the code "${record.code}"`);
        if (!(record.locator.line >= 1)) throw new Error(`a ${record.kind} has no line`);
      }
    }
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    if (!REASON.test(error.reason))
      throw new Error(`a refusal has the reason "${error.reason}"`, { cause: error });
    return `refused ${error.reason}`;
  }
  return rejections > 0 ? 'records kept aside' : 'accepted';
}

const folder = mkdtempSync(join(tmpdir(), 'tieout-fuzz-'));
const tally = new Map();
let failures = 0;
let slowest = { milliseconds: 0, number: 0 };
try {
  for (let number = 1; number <= Number(countText); number += 1) {
    const { seed, bytes } = mutantOf(number);
    const path = join(folder, 'mutant');
    writeFileSync(path, bytes);
    const started = performance.now();
    let disposition;
    try {
      disposition = await dispositionOf(path);
    } catch (error) {
      failures += 1;
      disposition = 'CRASHED';
      console.error(`mutant ${number} of ${seed.path}: ${error.stack ?? error}`);
    }
    const milliseconds = performance.now() - started;
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, number };
    if (milliseconds > MAX_MILLISECONDS) {
      failures += 1;
      console.error(`mutant ${number} of ${seed.path} took ${milliseconds.toFixed(0)} ms`);
    }
    tally.set(disposition, (tally.get(disposition) ?? 0) + 1);
    if (process.memoryUsage.rss() / 1e6 > MAX_HEAP_MB)
      throw new Error(`memory grew to ${MAX_HEAP_MB} MB by mutant ${number}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [disposition, count] of [...tally].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(8)} ${disposition}`);
console.log(
  `${countText} mutants of ${seeds.length} files, seed ${seedText}: ${failures} failures, slowest ${slowest.milliseconds.toFixed(0)} ms (mutant ${slowest.number}), peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
);
process.exitCode = failures > 0 ? 2 : 0;
