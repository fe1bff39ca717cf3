// The solver of matching beside the least that could be run instead: a subset of twelve among forty items against a plain
// recursive search with the same budget; five thousand ambiguous components; one class of five thousand on either side.
//
//   npm run bench:solver [-- COMPONENTS [EQUALS]]        default 5,000 components, 2,000 equal nodes a side
//
// Every edge of the last is an object, so its memory grows with the square: 5,000 a side need about 2 GB.
import { solveAll } from '../dist/src/match/solver/pool.js';
import { solve } from '../dist/src/match/solver/solve.js';

const components = Number(process.argv[2] ?? 5_000);
const equals = Number(process.argv[3] ?? 2_000);
const BUDGET = 5_000_000;
const ITEMS = 40;
const WANTED = 12;

/** The same numbers at every run (mulberry32). */
let seed = 20_260_302;
function chance(below) {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
}

function tell(what, figure, beside = '') {
  process.stdout.write(`${what.padEnd(48)} ${figure.padStart(12)}  ${beside}\n`);
}

const milliseconds = (time) => `${time.toFixed(time < 10 ? 2 : 0)} ms`;
const many = (count) => count.toLocaleString('en');

function timed(work) {
  const started = performance.now();
  const result = work();
  return { result, time: performance.now() - started };
}

function options(cardinality) {
  return { cardinality, underMinor: 0n, overMinor: 0n, maxItems: WANTED, budgetNodes: BUDGET };
}

const node = (side, place, amount) => ({
  key: `${side}${String(place).padStart(6, '0')}`,
  amountMinor: BigInt(amount),
  sameness: `${side}${place}`,
});

// A subset ---------------------------------------------------------------------------------------------------------------

function subsetComponent(amounts) {
  const total = amounts.slice(0, WANTED).reduce((sum, amount) => sum + amount, 0);
  const places = [...amounts.keys()].sort((one, other) => ((one * 7) % 41) - ((other * 7) % 41));
  return {
    lefts: [node('L', 0, total)],
    rights: places.map((place) => node('R', place, amounts[place])),
    edges: places.map((_, right) => ({ left: 0, right, distance: right })),
  };
}

/** Takes or leaves each item in turn, and gives up a branch only when its items are too many or its sum too large. */
function searchPlainly({ lefts, rights }) {
  const amounts = rights.map(({ amountMinor }) => Number(amountMinor));
  const wanted = Number(lefts[0].amountMinor);
  let [nodes, found] = [0, 0];
  const search = (place, size, sum) => {
    if (nodes >= BUDGET || found > 1) return;
    nodes += 1;
    if (size > 0 && sum === wanted) found += 1;
    for (let next = place; next < amounts.length && size < WANTED; next += 1) {
      if (sum + amounts[next] <= wanted) search(next + 1, size + 1, sum + amounts[next]);
    }
  };
  search(0, 0, 0);
  if (found > 1) return 'AMBIGUOUS';
  if (nodes >= BUDGET) return `BUDGET_EXHAUSTED, ${found} found`;
  return found === 1 ? 'UNIQUE' : 'INFEASIBLE';
}

function benchSubset(what, amounts) {
  const component = subsetComponent(amounts);
  const ours = timed(() => solve(component, options('1:N'))[0]);
  const plain = timed(() => searchPlainly(component));
  const { certificate, alternatives, nodes } = ours.result;
  tell(
    `${WANTED} of ${ITEMS}, ${what}`,
    milliseconds(ours.time),
    `${certificate} ${alternatives}, ${many(nodes)} nodes (2,000 ms asked); ` +
      `plain search ${milliseconds(plain.time)}: ${plain.result}`,
  );
}

// Many small components --------------------------------------------------------------------------------------------------

function smallComponent(cardinality) {
  const lefts = 1 + chance(2);
  const rights = 2 + chance(lefts === 1 ? 4 : 3);
  const amount = 1_000 + chance(50_000);
  const each = cardinality === '1:1' ? amount : Math.floor(amount / 2);
  return {
    lefts: Array.from({ length: lefts }, (_, place) =>
      node('L', place, each * (amount === each ? 1 : 2)),
    ),
    rights: Array.from({ length: rights }, (_, place) => node('R', place, each)),
    edges: Array.from({ length: lefts * rights }, (_, pair) => ({
      left: Math.floor(pair / rights),
      right: pair % rights,
      distance: chance(4),
    })),
  };
}

async function benchMany(cardinality) {
  const given = Array.from({ length: components }, () => smallComponent(cardinality));
  const told = new Map();
  const started = performance.now();
  for await (const { decisions } of solveAll(given, options(cardinality))) {
    for (const { certificate } of decisions) {
      told.set(certificate, (told.get(certificate) ?? 0) + 1);
    }
  }
  const time = performance.now() - started;
  const certificates = [...told].map(([certificate, count]) => `${many(count)} ${certificate}`);
  tell(
    `${many(components)} components of 3 to 6 nodes, ${cardinality}`,
    milliseconds(time),
    `${((time * 1000) / components).toFixed(1)} µs each (10,000 ms asked); ${certificates.join(', ')}`,
  );
}

// One class --------------------------------------------------------------------------------------------------------------

function benchEquals() {
  const side = (name) =>
    Array.from({ length: equals }, (_, place) => ({ ...node(name, place, 500), sameness: name }));
  const edges = [];
  for (let left = 0; left < equals; left += 1) {
    for (let right = 0; right < equals; right += 1) edges.push({ left, right, distance: 0 });
  }
  const component = { lefts: side('L'), rights: side('R'), edges };
  const { result, time } = timed(() => solve(component, options('1:1')));
  const [{ certificate, groups }] = result;
  tell(
    `${many(equals)} equal lefts and as many rights, 1:1`,
    milliseconds(time),
    `${certificate}, ${many(groups.length)} pairs, ${many(edges.length)} edges read`,
  );
}

benchSubset(
  'amounts of 8 to 9 digits',
  Array.from({ length: ITEMS }, () => 10_000_000 + chance(900_000_000)),
);
benchSubset(
  'amounts of 13 digits',
  Array.from(
    { length: ITEMS },
    () => 1_000_000_000_000 + chance(1_000_000) * 1_000_000 + chance(1_000_000),
  ),
);
benchSubset(
  'amounts of 4 to 5 digits',
  Array.from({ length: ITEMS }, () => 1_000 + chance(90_000)),
);
await benchMany('1:1');
await benchMany('1:N');
benchEquals();
tell('peak resident memory', `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
