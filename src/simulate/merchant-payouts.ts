import type { BusinessDate } from '../business-date.ts';
import type { WorldCurrency } from './amount-text.ts';
import type { BankBook } from './bank-book.ts';
import { plusBusinessDays } from './calendar.ts';
import { accountOf, BANK_ACCOUNTS } from './channel.ts';
import { Chooser } from './chooser.ts';
import type { Dice } from './dice.ts';
import type { LedgerRow } from './ledger-files.ts';
import type { TruthFiles } from './truth.ts';

export interface MerchantPayoutOptions {
  readonly bank: BankBook;
  readonly dice: Dice;
  readonly rate: number;
  readonly truth: TruthFiles;
  readonly book: (row: LedgerRow) => void;
  readonly nightOf: (day: BusinessDate) => number;
}

/** What the marketplace keeps of what its merchants sell, in hundredths. */
const KEPT = 2n;
const RETURNED_AFTER = 2;

/** Pays the merchants of a world each night what was booked for them, and takes back what a bank returns. */
export class MerchantPayouts {
  readonly #options: MerchantPayoutOptions;
  readonly #payable = new Map<string, bigint>();
  readonly #returns: Chooser<'payout_returned'>;
  #paid = 0;

  constructor(options: MerchantPayoutOptions) {
    this.#options = options;
    const { rate, dice } = options;
    this.#returns = new Chooser(['payout_returned'], { rate, dice, places: 30 });
  }

  /** Notes what a booked payment owes its merchant. */
  owe({ kind, merchant, currency, amountMinor }: LedgerRow): void {
    // Nothing is paid in a currency that no bank account keeps.
    if (kind === 'payout' || !BANK_ACCOUNTS.some((account) => account.currency === currency))
      return;
    const key = `${currency}|${merchant}`;
    const change = kind === 'capture' ? amountMinor : -amountMinor;
    this.#payable.set(key, (this.#payable.get(key) ?? 0n) + change);
  }

  /** Orders the payouts of a day; the bank books them on the next. */
  pay(day: BusinessDate): void {
    for (const [key, payable] of this.#payable) {
      const amountMinor = (payable * (100n - KEPT)) / 100n;
      if (amountMinor <= 0n) continue;
      this.#payable.set(key, 0n);
      const [currency = '', merchant = ''] = key.split('|');
      this.#payOne({ day, merchant, currency: currency as WorldCurrency, amountMinor });
    }
  }

  #payOne(payout: {
    readonly day: BusinessDate;
    readonly merchant: string;
    readonly currency: WorldCurrency;
    readonly amountMinor: bigint;
  }): void {
    const { bank, book, truth } = this.#options;
    const { day, merchant, currency, amountMinor } = payout;
    this.#paid += 1;
    const paymentId = `out-${500_000 + this.#paid}`;
    const reference = `ACMEPO${500_000 + this.#paid}`;
    const account = accountOf(currency);
    const bankDay = plusBusinessDays(day, 1);
    book({
      paymentId,
      reference,
      kind: 'payout',
      source: account.source,
      merchant,
      currency,
      amountMinor,
      day,
    });
    const returned = this.#returns.choose(this.#paid, () => true);
    const order = {
      counterparty: merchant,
      narrative: `Auszahlung Acme Marktplatz ${day}`,
      endToEndId: reference,
    };
    const id = bank.book(account, bankDay, {
      ...order,
      amountMinor: -amountMinor,
      isReturn: false,
      isPlain: returned === null,
    });
    truth.link({ source: account.source, evidence: id, kind: 'payout', payment: paymentId });
    if (returned === null) return;
    const returnDay = plusBusinessDays(bankDay, RETURNED_AFTER);
    const back = bank.book(account, returnDay, {
      ...order,
      amountMinor,
      isReturn: true,
      isPlain: false,
    });
    truth.tell({
      kind: returned,
      night: this.#options.nightOf(returnDay),
      reference,
      batch: null,
      amountMinor,
      currency,
      source: account.source,
      evidence: [back],
      why: `The bank of ${merchant} sends the payout back: the account is closed.`,
    });
  }
}
