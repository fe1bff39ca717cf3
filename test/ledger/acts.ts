import type { Tx } from '../../src/db/db.ts';
import { accountIdOf } from '../../src/ids.ts';
import type { Chart } from '../../src/ledger/chart.ts';
import type { JournalRequest, PairPosting } from '../../src/ledger/journal-request.ts';
import { post } from '../../src/ledger/post.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { BOOK_ID, capture, givenBook, inCalls, NOW, postOptions } from './books.ts';

export const WALLET = 'liabilities:wallet';
export const TILL = 'assets:till';
export const SALES = 'income:sales';

/** Wallets and sales are credits, everything else a debit; receivables have items. */
const CHART: Chart = (code) => {
  const isCredit = code.startsWith('liabilities') || code.startsWith('income');
  return {
    name: code,
    type: isCredit ? 'liability' : 'asset',
    normalSide: isCredit ? 'credit' : 'debit',
    isReconcilable: code.includes('receivable'),
  };
};

/** Runs a case in a book that opens the accounts it needs, and undoes it. */
export function inLedger<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    return await work(tx);
  });
}

/** An amount into the till, from sales. */
export function paid(amountMinor: bigint, changes: Partial<PairPosting> = {}): PairPosting {
  return { debit: TILL, credit: SALES, amountMinor, ...changes };
}

/** A journal of these postings. */
export function journal(key: string, ...postings: PairPosting[]): JournalRequest {
  return { ...capture({ key }), postings };
}

/** A journal that acts on another one, without postings of its own. */
export function acting(
  key: string,
  act: Pick<JournalRequest, 'hold' | 'reverses'>,
): JournalRequest {
  const { reference: _, ...request } = capture({ key, postings: [] });
  return { ...request, ...act };
}

/** Posts and tells each answer in order: `created`, `exists` or the code of the refusal. */
export async function ask(tx: Tx, ...journals: JournalRequest[]): Promise<string[]> {
  return await askAt(NOW, tx, ...journals);
}

/** As {@link ask}, at a moment. */
export async function askAt(now: Date, tx: Tx, ...journals: JournalRequest[]): Promise<string[]> {
  const answers: string[] = [];
  for (const request of journals) {
    const outcome = await post(tx, inCalls([[request]]), postOptions({ now, chart: CHART }));
    const [refusal] = outcome.refused;
    answers.push(refusal?.code ?? (outcome.created === 1 ? 'created' : 'exists'));
  }
  return answers;
}

/** Opens an account of a mode, with limits in the sign of its normal side. */
export async function givenAccount(
  tx: Tx,
  code: string,
  terms: {
    readonly mode?: 'inline' | 'slots' | 'derived';
    readonly floor?: bigint;
    readonly ceiling?: bigint;
  } = {},
): Promise<void> {
  const { mode = 'inline', floor = null, ceiling = null } = terms;
  const id = accountIdOf(code, 'EUR');
  const { type, normalSide, isReconcilable } = CHART(code, 'EUR') ?? {};
  await tx.execute(
    `insert into tieout.account (
       book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at, balance_mode, slots,
       floor_minor, ceiling_minor
     ) values ($1, $2, $3, 'EUR', $3, $4, $5, $6, 'active', $7, $8, $9, $10, $11)`,
    [
      BOOK_ID,
      id,
      code,
      type ?? null,
      normalSide ?? null,
      isReconcilable ?? null,
      NOW.toISOString(),
      mode,
      mode === 'slots' ? 8 : 1,
      floor,
      ceiling,
    ],
  );
  if (floor === null && ceiling === null) return;
  await tx.execute(
    `insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor, is_debit_normal, floor_minor, ceiling_minor)
     values ($1, $2, 0, 0, 0, $3, $4, $5)`,
    [BOOK_ID, id, normalSide === 'debit', floor, ceiling],
  );
}

/** Sets the state of an account. */
export async function setStatus(tx: Tx, code: string, status: string): Promise<void> {
  await tx.execute('update tieout.account set status = $3 where book_id = $1 and code = $2', [
    BOOK_ID,
    code,
    status,
  ]);
}

/** Settled and pending balance of an account, debits less credits. */
export async function balanceOf(
  tx: Tx,
  code: string,
): Promise<{ settled: bigint; pending: bigint }> {
  const [row] = await tx.query<{ settled: bigint; pending: bigint }>(
    `select coalesce(sum(debits_minor - credits_minor), 0)::bigint as settled,
       coalesce(sum(pending_debits_minor - pending_credits_minor), 0)::bigint as pending
     from tieout.account_balance join tieout.account using (book_id, account_id)
     where book_id = $1 and code = $2`,
    [BOOK_ID, code],
  );
  return row ?? { settled: 0n, pending: 0n };
}

/** The open items of the book, in the order of their amounts. */
export async function openItems(tx: Tx): Promise<{ amount: bigint; reference: string | null }[]> {
  return await tx.query(
    'select amount_minor as amount, reference from tieout.open_item where book_id = $1 order by 1',
    [BOOK_ID],
  );
}
