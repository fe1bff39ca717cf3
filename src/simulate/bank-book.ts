import type { BusinessDate } from '../business-date.ts';
import { inUsualSize } from './amount-text.ts';
import { type BankEntry, type BankStatement, closingOf } from './bank-entry.ts';
import { plusBusinessDays } from './calendar.ts';
import { camtStatement } from './camt-statement.ts';
import type { BankAccount } from './channel.ts';
import { Chooser } from './chooser.ts';
import type { Dice } from './dice.ts';
import { mt940Statement } from './mt940-statement.ts';
import type { TextFile } from './text-file.ts';
import {
  RESTATED_STATEMENTS,
  STATEMENT_BREAKS,
  type StatementBreak,
  type TruthFiles,
} from './truth.ts';

export interface BankBookOptions {
  readonly accounts: readonly BankAccount[];
  readonly dice: Dice;
  readonly rate: number;
  readonly withRestatements: boolean;
  readonly truth: TruthFiles;
  /** Opens a file among those delivered in a night. */
  readonly deliver: (night: number, name: string) => TextFile;
}

/** What is asked of an entry; the bank gives it its id. */
export type BankOrder = Omit<BankEntry, 'id' | 'valueDate'>;

interface Kept {
  readonly account: BankAccount;
  readonly days: Map<BusinessDate, BankEntry[]>;
  balanceMinor: bigint;
  number: number;
  year: string;
  /** The last night on which a break of one of its statements is still at work. */
  busyUntil: number;
}

const SENDERS = [
  'Gartenbau Weber e.K.',
  'Petra Lindqvist',
  'Müller & Söhne GmbH',
  'J. van der Berg',
  'Atelier Rousseau',
];

/** The banks' side of a world: books entries on days, and writes a statement of each account and day. */
export class BankBook {
  readonly #options: BankBookOptions;
  readonly #kept: readonly Kept[];
  readonly #breaks: Chooser<StatementBreak>;
  readonly #receipts: Chooser<'unidentified_receipt'>;
  #entries = 0;
  #orders = 0;

  constructor(options: BankBookOptions) {
    const { dice, rate, accounts, withRestatements } = options;
    this.#options = options;
    this.#kept = accounts.map((account) => ({
      account,
      days: new Map(),
      balanceMinor: BigInt(dice.whole(400_000_00, 900_000_00)),
      number: dice.whole(60, 240),
      year: '',
      busyUntil: 0,
    }));
    const kinds = [...STATEMENT_BREAKS, ...(withRestatements ? RESTATED_STATEMENTS : [])];
    this.#breaks = new Chooser(kinds, { rate, dice, places: 10 });
    this.#receipts = new Chooser(['unidentified_receipt'], { rate, dice, places: 20 });
  }

  /** Books an entry on a day to come, or today before its statement is written; returns the bank's id of it. */
  book(account: BankAccount, day: BusinessDate, order: BankOrder): string {
    this.#entries += 1;
    const id = `${account.source.charAt(0).toUpperCase()}${day.slice(2).replaceAll('-', '')}${String(this.#entries).padStart(8, '0')}`;
    const { days } = this.#of(account);
    const entries = days.get(day);
    const entry = { ...order, id, valueDate: day };
    if (entries === undefined) days.set(day, [entry]);
    else entries.push(entry);
    return id;
  }

  /** Whether an entry stands on a later day. */
  get isWaiting(): boolean {
    return this.#kept.some(({ days }) => days.size > 0);
  }

  /** Writes the statements of a day; returns the last night in which one of them is delivered. */
  close(day: BusinessDate, night: number): number {
    return Math.max(night, ...this.#kept.map((kept) => this.#closeDay(kept, day, night)));
  }

  #of(account: BankAccount): Kept {
    const kept = this.#kept.find((candidate) => candidate.account === account);
    if (kept === undefined) throw new Error(`account ${account.iban} is not kept here`);
    return kept;
  }

  #closeDay(kept: Kept, day: BusinessDate, night: number): number {
    this.#receive(kept, day, night);
    const entries = kept.days.get(day) ?? [];
    kept.days.delete(day);
    if (entries.length === 0 && !kept.account.isDaily) return night;
    const { iban, currency } = kept.account;
    if (kept.year !== day.slice(0, 4)) {
      kept.number = kept.year === '' ? kept.number : 0;
      kept.year = day.slice(0, 4);
    }
    kept.number += 1;
    const statement: BankStatement = {
      iban,
      currency,
      number: kept.number,
      day,
      openingMinor: kept.balanceMinor,
      entries,
      telling: 1,
    };
    kept.balanceMinor = closingOf(statement);
    return this.#deliver(kept, statement, night);
  }

  /** Somebody pays straight to the account, and nothing in the ledger waits for it. */
  #receive(kept: Kept, day: BusinessDate, night: number): void {
    const { dice, truth } = this.#options;
    for (const _ of kept.days.get(day) ?? []) {
      this.#orders += 1;
      if (this.#receipts.choose(this.#orders, () => true) === null) continue;
      const { account } = kept;
      const amountMinor = inUsualSize(dice.whole(2_500, 90_000), account.currency);
      const narrative = `Rechnung ${dice.whole(1_000, 9_999)} vom Vormonat, danke`;
      const sender = dice.oneOf(SENDERS);
      const id = this.book(account, day, {
        amountMinor,
        counterparty: sender,
        narrative,
        endToEndId: null,
        isReturn: false,
        isPlain: false,
      });
      truth.tell({
        kind: 'unidentified_receipt',
        night,
        reference: narrative,
        batch: null,
        amountMinor,
        currency: account.currency,
        source: account.source,
        evidence: [id],
        why: `${sender} pays straight to the bank account, and no payment in the ledger expects it.`,
      });
      // One a day and account is room enough, and the loop must not see what it adds.
      return;
    }
  }

  #deliver(kept: Kept, statement: BankStatement, night: number): number {
    const plain = statement.entries.findIndex((entry) => entry.isPlain);
    const kind =
      night <= kept.busyUntil
        ? null
        : this.#breaks.choose(night, (wanted) => this.#fits(kept, statement, wanted, plain));
    if (kind === null) {
      this.#write(kept, statement, night);
      return night;
    }
    if (kind === 'late_statement' || kind === 'out_of_order') {
      kept.busyUntil = night + (kind === 'late_statement' ? 1 : 2);
      const name = this.#write(kept, statement, kept.busyUntil);
      this.#tell(kept, statement, { kind, night: kept.busyUntil, names: [name], evidence: [] });
    } else {
      kept.busyUntil = night + 1;
      this.#restate(kept, statement, { kind, night, plain });
    }
    return kept.busyUntil;
  }

  #fits(kept: Kept, statement: BankStatement, kind: StatementBreak, plain: number): boolean {
    const next = plusBusinessDays(statement.day, 1);
    const hasNext = kept.account.isDaily || kept.days.has(next);
    if (kind === 'late_statement') return statement.entries.length > 0;
    if (kind === 'out_of_order') return hasNext && statement.entries.length > 0;
    return plain >= 0 && statement.entries.length >= 2;
  }

  /** Delivers a wrong statement in its night, and the right one in the night after. */
  #restate(
    kept: Kept,
    statement: BankStatement,
    {
      kind,
      night,
      plain,
    }: { readonly kind: StatementBreak; readonly night: number; readonly plain: number },
  ): void {
    const wrong = wrongTelling(statement, kind, plain);
    const names = [
      this.#write(kept, { ...statement, entries: wrong.entries }, night),
      this.#write(kept, { ...statement, telling: 2 }, night + 1),
    ];
    this.#tell(kept, statement, { kind, night: night + 1, names, evidence: [wrong.id] });
  }

  #tell(
    { account }: Kept,
    statement: BankStatement,
    told: {
      readonly kind: StatementBreak;
      readonly night: number;
      readonly names: readonly string[];
      readonly evidence: readonly string[];
    },
  ): void {
    const { number, iban, currency } = statement;
    const { names, ...rest } = told;
    this.#options.truth.tell({
      ...rest,
      reference: `${iban} ${number}`,
      batch: null,
      amountMinor: closingOf(statement),
      currency,
      source: account.source,
      alsoNamed: [
        `${iban} ${String(number).padStart(5, '0')}/001`,
        `${iban} ${number}/1`,
        ...names,
      ],
      why: WHY[told.kind],
    });
  }

  #write({ account }: Kept, statement: BankStatement, night: number): string {
    const { currency, day, telling } = statement;
    const isCamt = account.format === 'camt.053';
    const name = `statement-${currency}-${day}${telling === 1 ? '' : '-corrected'}.${isCamt ? 'camt053.xml' : 'sta'}`;
    const file = this.#options.deliver(night, name);
    const pieces = isCamt ? camtStatement(statement) : mt940Statement(statement);
    for (const piece of pieces) file.write(piece);
    file.close();
    return name;
  }
}

const WHY: Readonly<Record<StatementBreak, string>> = {
  late_statement:
    'The statement arrives a night late, together with the one of the next day; the chain is whole then.',
  out_of_order:
    'The statement of the next day arrives before this one; when this one is there the chain is whole.',
  restated_statement_changed:
    'The bank sends the statement again: an entry had another amount in the first telling.',
  restated_statement_added:
    'The bank sends the statement again: an entry was missing in the first telling.',
  restated_statement_removed:
    'The bank sends the statement again: the first telling had an entry that never happened.',
};

/** The entries as the bank told them at first, and the id of the one that was wrong. */
function wrongTelling(
  { entries, day }: BankStatement,
  kind: StatementBreak,
  plain: number,
): { readonly entries: readonly BankEntry[]; readonly id: string } {
  const entry = entries[plain];
  if (entry === undefined) throw new Error('a statement to restate has a plain entry');
  if (kind === 'restated_statement_added') {
    return { entries: entries.filter((other) => other !== entry), id: entry.id };
  }
  if (kind === 'restated_statement_changed') {
    const changed = {
      ...entry,
      amountMinor: entry.amountMinor + (entry.amountMinor < 0n ? -100n : 100n),
    };
    return { entries: entries.map((other) => (other === entry ? changed : other)), id: entry.id };
  }
  const extra: BankEntry = {
    id: `${entry.id}X`,
    amountMinor: 12_345n,
    valueDate: day,
    counterparty: 'Irrlaeufer AG',
    narrative: 'Mietkaution Lager 7',
    endToEndId: null,
    isReturn: false,
    isPlain: false,
  };
  return { entries: [...entries, extra], id: extra.id };
}
