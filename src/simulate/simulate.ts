import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BusinessDate } from '../business-date.ts';
import { OperationalError } from '../errors.ts';
import { BankBook } from './bank-book.ts';
import { BANK_ACCOUNTS } from './channel.ts';
import { Dice } from './dice.ts';
import { LEDGER_HEADER, type LedgerRow, writeLedgerRow } from './ledger-files.ts';
import { MerchantPayouts } from './merchant-payouts.ts';
import { Schedule } from './schedule.ts';
import { Settlement } from './settlement.ts';
import { TextFile } from './text-file.ts';
import { type BreakKind, TruthFiles } from './truth.ts';

export interface SimulateOptions {
  readonly seed: number;
  readonly payments: number;
  /** The part of payments, payouts, statements and bank entries that each kind of break is put into. */
  readonly breaks: number;
  /** Whether reports and statements that are sent again, corrected, are among the breaks. */
  readonly withRestatements: boolean;
  /** A folder that is not there yet, or empty. */
  readonly folder: string;
}

/** A night: what is imported, and what is delivered. */
export interface SimulatedNight {
  readonly night: number;
  readonly date: BusinessDate;
  readonly ledger: string;
  readonly folder: string;
  readonly files: number;
}

/** What a world holds. */
export interface SimulatedWorld {
  readonly book: string;
  readonly nights: readonly SimulatedNight[];
  /** Rows of the ledger files, by kind. */
  readonly booked: Readonly<Record<LedgerRow['kind'], number>>;
  /** How often each kind of break was put in. */
  readonly breaks: ReadonlyMap<BreakKind, number>;
  /** How many pairs of evidence and payment are true. */
  readonly links: number;
}

/**
 * Writes a world: what a marketplace books, what two processors and two banks tell of it night by night, and the truth about
 * it. The same options write the same bytes.
 *
 *   tieout.yaml  ledger-01.csv …  night-01/ …  truth.ndjson  links.csv
 */
export function simulate(options: SimulateOptions): SimulatedWorld {
  openFolder(options.folder);
  return new World(options).play();
}

class World {
  readonly #options: SimulateOptions;
  readonly #schedule: Schedule;
  readonly #truth: TruthFiles;
  readonly #bank: BankBook;
  readonly #settlement: Settlement;
  readonly #payouts: MerchantPayouts;
  readonly #delivered = new Map<number, number>();
  readonly #booked = { capture: 0, refund: 0, chargeback: 0, payout: 0 };
  #ledger: TextFile | null = null;

  constructor(options: SimulateOptions) {
    const { seed, payments, breaks: rate, withRestatements } = options;
    const dice = new Dice(seed);
    this.#options = options;
    this.#schedule = new Schedule(dice, payments);
    this.#truth = new TruthFiles(this.#file('truth.ndjson'), this.#file('links.csv'));
    const shared = {
      dice,
      rate,
      withRestatements,
      truth: this.#truth,
      deliver: (night: number, name: string) => this.#deliver(night, name),
      book: (row: LedgerRow) => this.#book(row),
      nightOf: (day: BusinessDate) => this.#schedule.nightOf(day),
    };
    this.#bank = new BankBook({ ...shared, accounts: BANK_ACCOUNTS });
    const ours = { ...shared, bank: this.#bank };
    this.#settlement = new Settlement({ ...ours, schedule: this.#schedule, payments });
    this.#payouts = new MerchantPayouts(ours);
  }

  play(): SimulatedWorld {
    this.#writeConfiguration();
    let lastNight = 1;
    for (let night = 1; night <= lastNight; night += 1) {
      lastNight = Math.max(lastNight, this.#playNight(night));
      const isOver = this.#isPast(night) && !this.#bank.isWaiting;
      if (!isOver) lastNight = Math.max(lastNight, night + 1);
    }
    this.#truth.close();
    return {
      book: this.#name,
      nights: Array.from({ length: lastNight }, (_, place) => this.#told(place + 1)),
      booked: this.#booked,
      breaks: this.#truth.counts,
      links: this.#truth.links,
    };
  }

  get #name(): string {
    return `world-${this.#options.seed}`;
  }

  /** Plays a night; returns the last night in which something of it is delivered. */
  #playNight(night: number): number {
    const date = this.#schedule.dateOf(night);
    this.#ledger = this.#file(ledgerName(night));
    this.#ledger.write(LEDGER_HEADER);
    mkdirSync(join(this.#options.folder, folderName(night)), { recursive: true });
    for (const portion of this.#schedule.portionsFor(night)) this.#settlement.take(portion);
    const reports = this.#settlement.close(date);
    if (!this.#isPast(night)) this.#payouts.pay(date);
    const statements = this.#bank.close(date, night);
    this.#ledger.close();
    return Math.max(reports, statements);
  }

  /** Whether the last batch has been settled before this night. */
  #isPast(night: number): boolean {
    const { lastDay } = this.#settlement;
    return lastDay === undefined || this.#schedule.dateOf(night) > lastDay;
  }

  #told(night: number): SimulatedNight {
    return {
      night,
      date: this.#schedule.dateOf(night),
      ledger: ledgerName(night),
      folder: folderName(night),
      files: this.#delivered.get(night) ?? 0,
    };
  }

  #book(row: LedgerRow): void {
    if (this.#ledger === null) throw new Error('a payment is booked in a night');
    this.#booked[row.kind] += 1;
    writeLedgerRow(this.#ledger, row);
    this.#payouts.owe(row);
  }

  #deliver(night: number, name: string): TextFile {
    this.#delivered.set(night, (this.#delivered.get(night) ?? 0) + 1);
    return this.#file(join(folderName(night), name));
  }

  #file(name: string): TextFile {
    return new TextFile(join(this.#options.folder, name));
  }

  #writeConfiguration(): void {
    const { seed, payments, breaks } = this.#options;
    const file = this.#file('tieout.yaml');
    const banks = [...new Set(BANK_ACCOUNTS.map(({ source }) => source))].map((source) => {
      const accounts = BANK_ACCOUNTS.filter((account) => account.source === source);
      const lines = accounts.map(({ iban, ledgerAccount }) => `      ${iban}: ${ledgerAccount}\n`);
      return `  ${source}:\n    role: bank\n    formats: [${accounts[0]?.format ?? ''}]\n    accounts:\n${lines.join('')}`;
    });
    file.write(
      `# A made-up world: tieout simulate --seed ${seed} --payments ${payments} --breaks ${breaks}\n` +
        `book: ${this.#name}\ncurrency: EUR\ntimezone: Europe/Berlin\nsources:\n` +
        `  adyen:\n    role: processor\n    profile: adyen-settlement-details\n` +
        `  stripe:\n    role: processor\n    profile: stripe-payout-reconciliation\n${banks.join('')}`,
    );
    file.close();
  }
}

function openFolder(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new OperationalError('cannot_create', `${folder} is not empty; name a folder that is`);
}

function ledgerName(night: number): string {
  return `ledger-${String(night).padStart(2, '0')}.csv`;
}

function folderName(night: number): string {
  return `night-${String(night).padStart(2, '0')}`;
}
