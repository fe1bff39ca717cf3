import type { WorldCurrency } from './amount-text.ts';
import type { TextFile } from './text-file.ts';

/** What can be wrong with one payment, or look wrong. */
export const PAYMENT_BREAKS = [
  'missing_line',
  'unknown_line',
  'amount_over',
  'amount_under',
  'duplicate_line',
  'duplicate_across_files',
  'identical_twins',
  'fx',
] as const;

/** What can be wrong with the payout of one batch, or with its report. */
export const BATCH_BREAKS = [
  'payout_short',
  'payout_over',
  'payout_missing',
  'bank_charge',
  'payout_without_id',
  'payout_id_respelled',
  'merged_payout_named',
  'merged_payout_unnamed',
  'split_payout',
  'weekend',
  'holiday',
  'late_report',
] as const;

/** Reports that are sent again, corrected. */
export const RESTATED_REPORTS = [
  'restated_report_changed',
  'restated_report_added',
  'restated_report_removed',
] as const;

/** Statements that come late or in another order. */
export const STATEMENT_BREAKS = ['late_statement', 'out_of_order'] as const;

/** Statements that are sent again, corrected. */
export const RESTATED_STATEMENTS = [
  'restated_statement_changed',
  'restated_statement_added',
  'restated_statement_removed',
] as const;

/** What stands alone: in a batch, on a statement, or after a payout to a merchant. */
export const OTHER_BREAKS = [
  'chargeback_without_original',
  'unidentified_receipt',
  'payout_returned',
] as const;

export type PaymentBreak = (typeof PAYMENT_BREAKS)[number];
export type RestatedReport = (typeof RESTATED_REPORTS)[number];
export type BatchBreak = (typeof BATCH_BREAKS)[number] | RestatedReport;
export type StatementBreak =
  | (typeof STATEMENT_BREAKS)[number]
  | (typeof RESTATED_STATEMENTS)[number];
export type BreakKind = PaymentBreak | BatchBreak | StatementBreak | (typeof OTHER_BREAKS)[number];

/** What must be said of a break, and when: while the last run stands, or in the run of its night. */
export interface Expectation {
  /** Exception codes, any of which is right; none where nothing may be said. */
  readonly codes: readonly string[];
  /** `open`: one of the codes is open. `tied`: nothing is open, or one of the codes. `closed`: told in its night, not open at the end. */
  readonly state: 'open' | 'tied' | 'closed';
  readonly at: 'end' | 'night';
}

/** How each break must end; decided by what is done to the world, never by what a product says of it. */
export const EXPECTED: Readonly<Record<BreakKind, Expectation>> = {
  missing_line: open('UNM_IN_SETTLEMENT'),
  unknown_line: open('UNM_IN_LEDGER'),
  amount_over: open('DIF_AMOUNT_OVER'),
  amount_under: open('DIF_AMOUNT_UNDER'),
  duplicate_line: open('DUP_WITHIN_FILE'),
  duplicate_across_files: open('DUP_CROSS_FILE'),
  identical_twins: tied(),
  fx: tied('DIF_CURRENCY'),
  payout_short: open('SET_PAYOUT_SHORT'),
  payout_over: open('SET_PAYOUT_OVER'),
  payout_missing: open('UNM_IN_BANK', 'UNM_IN_BANK_OVERDUE', 'SET_PAYOUT_LATE'),
  bank_charge: open('SET_PAYOUT_SHORT'),
  payout_without_id: tied(),
  payout_id_respelled: tied(),
  merged_payout_named: tied('SET_MULTI_BATCH_CREDIT'),
  merged_payout_unnamed: tied('SET_MULTI_BATCH_CREDIT'),
  split_payout: tied(),
  weekend: tied(),
  holiday: tied(),
  late_report: tied(),
  restated_report_changed: toldInItsNight('FIL_RESTATED'),
  restated_report_added: toldInItsNight('FIL_RESTATED'),
  restated_report_removed: toldInItsNight('FIL_RESTATED'),
  late_statement: tied(),
  out_of_order: tied(),
  restated_statement_changed: toldInItsNight('FIL_RESTATED'),
  restated_statement_added: toldInItsNight('FIL_RESTATED'),
  restated_statement_removed: toldInItsNight('FIL_RESTATED'),
  chargeback_without_original: open('REV_ORIGINAL_NOT_FOUND'),
  unidentified_receipt: open('UNM_IN_LEDGER'),
  payout_returned: open('SET_PAYOUT_RETURNED', 'UNM_IN_LEDGER'),
};

function open(...codes: string[]): Expectation {
  return { codes, state: 'open', at: 'end' };
}

function tied(...codes: string[]): Expectation {
  return { codes, state: 'tied', at: 'end' };
}

function toldInItsNight(...codes: string[]): Expectation {
  return { codes, state: 'open', at: 'night' };
}

/** One break as it was put into the world. */
export interface InjectedBreak {
  readonly kind: BreakKind;
  /** The night whose files show it first; of a correction, the night it arrives. */
  readonly night: number;
  /** The merchant's reference of a payment, the text of a payout, or the narrative of a bank line. */
  readonly reference: string;
  readonly batch: string | null;
  /** Positive towards us: what the evidence says, or what the ledger expects where there is no evidence. */
  readonly amountMinor: bigint;
  readonly currency: WorldCurrency;
  readonly source: string;
  /** The ids that processor or bank give the lines concerned. */
  readonly evidence: readonly string[];
  /** Other names by which the same thing may be called. */
  readonly alsoNamed?: readonly string[];
  readonly why: string;
}

/** Writes what is true of a world: its breaks, and which evidence belongs to which payment. */
export class TruthFiles {
  readonly counts = new Map<BreakKind, number>();
  links = 0;
  readonly #truth: TextFile;
  readonly #links: TextFile;

  constructor(truth: TextFile, links: TextFile) {
    this.#truth = truth;
    this.#links = links;
    links.write('source,evidence,kind,payment\n');
  }

  tell(injected: InjectedBreak): void {
    const { kind, amountMinor, alsoNamed = [], why, ...rest } = injected;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const line = {
      break: kind,
      night: rest.night,
      reference: rest.reference,
      batch: rest.batch,
      amount_minor: amountMinor.toString(),
      currency: rest.currency,
      source: rest.source,
      evidence: rest.evidence,
      also_named: alsoNamed,
      expect: EXPECTED[kind],
      why,
    };
    this.#truth.write(`${JSON.stringify(line)}\n`);
  }

  /** The evidence with this id shows this payment (its id in the ledger, or the text of a payout). */
  link(link: {
    readonly source: string;
    readonly evidence: string;
    readonly kind: string;
    readonly payment: string;
  }): void {
    this.links += 1;
    const payment = link.payment.includes(',') ? `"${link.payment}"` : link.payment;
    this.#links.write(`${link.source},${link.evidence},${link.kind},${payment}\n`);
  }

  close(): void {
    this.#truth.close();
    this.#links.close();
  }
}
