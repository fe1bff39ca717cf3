import type { JournalRequest, PairPosting } from '../../src/ledger/journal-request.ts';
import { day } from './books.ts';
import { Dice } from './dice.ts';
import { type Answer, ModelLedger } from './model.ts';
import {
  availableOf,
  type ModelAccount,
  type ModelPeriod,
  remainingOf,
  takenOf,
} from './model-rules.ts';
import { PERIODS, PLAN } from './world-plan.ts';

/** What somebody does to the books between two requests. */
export type Act =
  | {
      readonly do: 'status';
      readonly account: ModelAccount;
      readonly status: ModelAccount['status'];
    }
  | {
      readonly do: 'limits';
      readonly account: ModelAccount;
      readonly floor: bigint | undefined;
      readonly ceiling: bigint | undefined;
    }
  | { readonly do: 'period'; readonly period: ModelPeriod; readonly state: ModelPeriod['state'] }
  | { readonly do: 'match'; readonly key: string; readonly seq: number; readonly side: string }
  | { readonly do: 'clock'; readonly now: Date; readonly refusals: 'keep' | 'retry' };

export type Step =
  | { readonly ask: JournalRequest; readonly answer: Answer }
  | { readonly act: Act };

/** A story of requests and acts with the answers the model gives, and the model at its end. */
export interface World {
  readonly steps: readonly Step[];
  readonly model: ModelLedger;
}

const DAYS = [
  '2026-01-15',
  '2026-01-31',
  '2026-02-01',
  '2026-02-20',
  '2026-03-01',
  '2026-03-10',
  '2026-03-11',
];
const START = Date.parse('2026-03-12T20:00:00Z');
const HOUR = 3_600_000;

/** Tells a story of so many requests, the same one for the same seed. */
export function randomWorld(seed: number, requests: number): World {
  return new Teller(seed).tell(requests);
}

class Teller {
  readonly #dice: Dice;
  readonly #model = new ModelLedger();
  readonly #asked: JournalRequest[] = [];
  readonly #steps: Step[] = [];
  #now = new Date(START);
  #refusals: 'keep' | 'retry' = 'keep';

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    for (const { code, currency, type, isReconcilable = false, floor, ceiling } of PLAN) {
      const isDebitNormal = type === 'asset' || type === 'expense';
      const sums = { debits: 0n, credits: 0n, pendingDebits: 0n, pendingCredits: 0n };
      const terms = { code, currency, isDebitNormal, isReconcilable, floor, ceiling };
      this.#model.accounts.set(`${code}|${currency}`, { ...terms, status: 'active', ...sums });
    }
    this.#model.periods.push(...PERIODS.map((period) => ({ ...period, state: 'open' as const })));
  }

  tell(requests: number): World {
    while (this.#asked.length < requests) {
      if (this.#dice.chance(3)) this.#act();
      const ask = this.#dice.chance(20) ? this.#again() : this.#fresh();
      const answer = this.#model.ask(ask, this.#now, this.#refusals);
      this.#asked.push(ask);
      this.#steps.push({ ask, answer });
    }
    return { steps: this.#steps, model: this.#model };
  }

  #act(): void {
    const account = this.#dice.pick([...this.#model.accounts.values()]);
    const which = this.#dice.roll(10);
    if (which < 3) {
      const status = this.#dice.pick([
        'active',
        'active',
        'active',
        'debit_frozen',
        'credit_frozen',
        'frozen',
        'closed',
      ] as const);
      account.status = status;
      this.#steps.push({ act: { do: 'status', account, status } });
    } else if (which < 5) this.#limit(account);
    else if (which < 6) {
      const period = this.#dice.pick(this.#model.periods);
      const state = this.#dice.pick(['open', 'soft_closed', 'locked'] as const);
      period.state = state;
      this.#steps.push({ act: { do: 'period', period, state } });
    } else if (which < 8) this.#match();
    else {
      this.#now = new Date(this.#now.getTime() + this.#dice.roll(6) * HOUR);
      this.#refusals = this.#dice.chance(30) ? 'retry' : 'keep';
      this.#steps.push({ act: { do: 'clock', now: this.#now, refusals: this.#refusals } });
    }
  }

  #limit(account: ModelAccount): void {
    const plan = PLAN.find(
      ({ code, currency }) => code === account.code && currency === account.currency,
    );
    if (plan?.mode !== undefined) return;
    const floor = availableOf(account) - BigInt(this.#dice.roll(150));
    const ceiling = takenOf(account) + BigInt(this.#dice.roll(300));
    account.floor = this.#dice.chance(60) ? floor : undefined;
    account.ceiling = this.#dice.chance(40) && floor <= ceiling ? ceiling : undefined;
    this.#steps.push({
      act: { do: 'limits', account, floor: account.floor, ceiling: account.ceiling },
    });
  }

  #match(): void {
    if (this.#model.items.size === 0) return;
    const id = this.#dice.pick([...this.#model.items.keys()]);
    this.#model.items.delete(id);
    const [key = '', seq, side = ''] = id.split('#');
    this.#steps.push({ act: { do: 'match', key, seq: Number(seq), side } });
  }

  #fresh(): JournalRequest {
    const which = this.#dice.roll(100);
    const base = this.#base();
    if (which < 55) return { ...base, postings: this.#postings() };
    if (which < 66) return { ...base, postings: [this.#posting()], hold: this.#placing() };
    if (which < 82) return { ...base, ...this.#resolving() };
    if (which < 97) return { ...base, ...this.#reversing() };
    return this.#malformed(base);
  }

  #base(): JournalRequest {
    const dice = this.#dice;
    return {
      key: `key-${this.#asked.length}`,
      kind: dice.pick(['capture', 'refund']),
      effectiveDate: day(dice.pick(DAYS)),
      currency: dice.chance(75) ? 'EUR' : 'USD',
      description: dice.pick(['one', 'other']),
      createdBy: 'tester',
      postings: [],
      ...(dice.chance(50) ? { reference: `order-${dice.roll(20)}` } : {}),
      ...(dice.chance(30) ? { paymentId: `pay-${dice.roll(20)}` } : {}),
      ...(dice.chance(10) ? { metadata: dice.pick(['{"a":1,"b":2}', '{"a":2}']) } : {}),
      ...(dice.chance(20)
        ? { closedPeriod: dice.pick(['next_open', 'refuse', 'adjust'] as const) }
        : {}),
      ...(dice.chance(5) ? { announce: true } : {}),
    };
  }

  #postings(): PairPosting[] {
    const count = this.#dice.chance(60) ? 1 : 2 + this.#dice.roll(3);
    return Array.from({ length: count }, () => this.#posting());
  }

  #posting(): PairPosting {
    const dice = this.#dice;
    const codes = ['receivable', 'bank', 'till', 'receivable', 'till'].map(
      (name) => `assets:${name}`,
    );
    const others = [
      'liabilities:wallet',
      'liabilities:wallet',
      'liabilities:card',
      'liabilities:transit',
      'income:fees',
    ];
    const debit = dice.chance(1) ? 'assets:nowhere' : dice.pick(dice.chance(70) ? codes : others);
    const credit = dice.chance(1) ? 'nowhere:1' : dice.pick(dice.chance(70) ? others : codes);
    if (debit === credit) return this.#posting();
    return {
      debit,
      credit,
      amountMinor: BigInt(1 + dice.roll(dice.chance(80) ? 100 : 400)),
      ...(dice.chance(85) ? { opens: 'auto' } : {}),
      ...(dice.chance(3) ? { opens: dice.pick(['debit', 'credit', 'both'] as const) } : {}),
      ...(dice.chance(10) ? { reference: `psp-${dice.roll(20)}` } : {}),
      ...(dice.chance(10) ? { currency: dice.pick(['EUR', 'USD'] as const) } : {}),
    };
  }

  #placing(): NonNullable<JournalRequest['hold']> {
    if (this.#dice.chance(50)) return { place: true };
    return {
      place: true,
      expiresAt: new Date(this.#now.getTime() + (this.#dice.roll(30) - 2) * HOUR),
    };
  }

  #resolving(): Pick<JournalRequest, 'hold'> {
    const live = [...this.#model.holds]
      .filter(([, hold]) => remainingOf(hold) > 0n)
      .map(([key]) => key);
    const key = this.#target(live, [...this.#model.holds.keys()]);
    const which = this.#dice.roll(10);
    if (which < 2) return { hold: { void: key } };
    if (which < 4) return { hold: { expire: key } };
    if (which < 6) return { hold: { post: key } };
    return { hold: { post: key, amountMinor: BigInt(1 + this.#dice.roll(100)) } };
  }

  #reversing(): Pick<JournalRequest, 'reverses'> {
    const journals = [...this.#model.keys].filter(([, { journal }]) => journal !== undefined);
    const open = journals
      .filter(([, { journal }]) => journal?.reverses === undefined)
      .map(([key]) => key);
    const key = this.#target(
      open.slice(-40),
      journals.map(([name]) => name),
    );
    if (this.#dice.chance(45)) return { reverses: { key } };
    const journal = this.#model.keys.get(key)?.journal;
    const length = Math.max(
      1,
      journal?.postings.filter(({ layer }) => layer === 'settled').length ?? 1,
    );
    const amountsMinor = Array.from({ length: length + (this.#dice.chance(5) ? 1 : 0) }, () =>
      this.#dice.chance(20) ? 0n : BigInt(1 + this.#dice.roll(60)),
    );
    return { reverses: { key, amountsMinor } };
  }

  /** Mostly a key that can be acted on; sometimes one that cannot, or that nobody asked for yet. */
  #target(likely: readonly string[], possible: readonly string[]): string {
    if (likely.length > 0 && this.#dice.chance(80)) return this.#dice.pick(likely);
    if (possible.length > 0 && this.#dice.chance(60)) return this.#dice.pick(possible);
    return `key-${this.#dice.roll(this.#asked.length + 10)}`;
  }

  #malformed(base: JournalRequest): JournalRequest {
    const posting = this.#posting();
    return this.#dice.pick<JournalRequest>([
      base,
      { ...base, postings: [{ ...posting, amountMinor: 0n }] },
      { ...base, postings: [{ ...posting, amountMinor: 2n ** 63n }] },
      { ...base, postings: [posting, { ...posting, credit: posting.debit }] },
      { ...base, postings: [posting, posting], hold: { place: true } },
      { ...base, postings: [posting], hold: { void: 'key-1' } },
      { ...base, hold: { post: 'key-1', amountMinor: -1n } },
      { ...base, reverses: { key: 'key-1', amountsMinor: [0n] } },
      { ...base, reverses: { key: 'key-1' }, hold: { void: 'key-1' } },
    ]);
  }

  #again(): JournalRequest {
    if (this.#asked.length === 0) return this.#fresh();
    const recent = this.#asked.slice(this.#dice.chance(50) ? -5 : 0);
    const asked = this.#dice.pick(recent);
    if (this.#dice.chance(50)) return { ...asked, createdBy: 'somebody else', runId: 7n };
    const changes: Partial<JournalRequest>[] = [
      { kind: 'chargeback' },
      { effectiveDate: day('2026-03-05') },
      { reference: 'order-1' },
      { paymentId: 'pay-1' },
      { description: 'third' },
      { metadata: this.#dice.pick(['{"b": 2, "a": 1}', '{}']) },
      { ...this.#fresh(), key: asked.key },
      { closedPeriod: 'refuse' },
    ];
    const [first, ...rest] = asked.postings;
    if (first !== undefined) {
      changes.push(
        { postings: [{ ...first, amountMinor: first.amountMinor + 1n }, ...rest] },
        { postings: [{ ...first, opens: this.#dice.pick(['auto', 'debit'] as const) }, ...rest] },
        { postings: [{ ...first, reference: 'psp-x' }, ...rest] },
        { postings: [{ ...first, credit: 'liabilities:other' }, ...rest] },
        { postings: [...asked.postings, first] },
        { postings: [{ ...first, debit: first.credit, credit: first.debit }, ...rest] },
      );
    }
    changes.push({ currency: 'JPY' });
    if (asked.hold !== undefined && 'place' in asked.hold)
      changes.push({ hold: { place: true, expiresAt: new Date(START) } });
    return { ...asked, ...this.#dice.pick(changes) };
  }
}
