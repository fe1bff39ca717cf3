import type { Tx } from '../../src/db/db.ts';
import type { ModelLedger } from './model.ts';
import { type ModelPosting, remainingOf } from './model-rules.ts';

/** The books as sorted lines of text, so that a difference is seen at a glance. */
export type Tables = Readonly<Record<string, readonly string[]>>;

type Field = string | number | bigint | boolean | null | undefined;

function line(...fields: readonly Field[]): string {
  return fields.map((field) => (field ?? '').toString()).join(' ');
}

/** What the model says the tables hold. */
export function tablesOf(model: ModelLedger): Tables {
  const known = [...model.keys];
  const journals = known.flatMap(([key, { journal }]) =>
    journal === undefined ? [] : [{ key, journal }],
  );
  return sorted({
    refusal: known.flatMap(([key, { code }]) => (code === undefined ? [] : [line(key, code)])),
    journal: journals.map(({ key, journal }) =>
      line(
        key,
        journal.bookedOn,
        journal.effectiveDate,
        journal.requestedDate,
        journal.period,
        journal.reference,
        journal.paymentId,
        journal.reverses?.request.key,
      ),
    ),
    posting: journals.flatMap(({ key, journal }) =>
      journal.postings.map((posting) => line(key, ...fieldsOf(posting), journal.effectiveDate)),
    ),
    event: journals.flatMap(({ key, journal }) => (journal.request.announce === true ? [key] : [])),
    reversed: journals.flatMap(({ key, journal }) =>
      [...journal.reversed].map(([seq, amount]) => line(key, seq, amount)),
    ),
    hold: [...model.holds].map(([key, hold]) =>
      line(key, hold.posting.amount, hold.posted, hold.voided, hold.expired, remainingOf(hold)),
    ),
    item: [...model.items].map(([id, { account, amount, reference, paymentId }]) =>
      line(id, account.code, account.currency, amount, reference, paymentId),
    ),
    balance: [...model.accounts.values()]
      .map(({ code, currency, debits, credits, pendingDebits, pendingCredits }) =>
        line(code, currency, debits, credits, pendingDebits, pendingCredits),
      )
      .filter((text) => !text.endsWith(' 0 0 0 0')),
    day: [...model.days].map(([name, { debits, credits }]) =>
      line(...name.split('|'), debits, credits),
    ),
  });
}

function fieldsOf(posting: ModelPosting): readonly Field[] {
  const { seq, layer, debit, credit, amount, opensDebit, opensCredit, reference } = posting;
  return [
    seq,
    layer,
    debit.currency,
    debit.code,
    credit.code,
    amount,
    opensDebit,
    opensCredit,
    reference,
  ];
}

function sorted(tables: Tables): Tables {
  return Object.fromEntries(
    Object.entries(tables).map(([name, lines]) => [name, [...lines].sort()]),
  );
}

const QUERIES: Readonly<Record<string, string>> = {
  refusal: 'select key, code from tieout.journal_refusal where book_id = $1',
  journal: `
    select journal.key, journal.booked_on, journal.effective_date, journal.requested_date, journal.relates_to_period,
      journal.reference, journal.payment_id, original.key as reverses
    from tieout.journal
    left join tieout.reversal on reversal.book_id = journal.book_id and reversal.journal_id = journal.journal_id
    left join tieout.journal original
      on original.book_id = reversal.book_id and original.booked_on = reversal.reversed_booked_on
      and original.journal_id = reversal.reversed_journal_id and original.journal_id = journal.reverses_journal_id
    where journal.book_id = $1`,
  posting: `
    select journal.key, posting.seq, posting.layer, posting.currency, debit.code as debit, credit.code as credit,
      posting.amount_minor, posting.opens_debit_item, posting.opens_credit_item, posting.item_reference, posting.effective_date
    from tieout.posting
    join tieout.journal using (book_id, booked_on, journal_id)
    join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
    join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
    where posting.book_id = $1`,
  event: `
    select journal.key from tieout.outbox_event join tieout.journal using (book_id, booked_on, journal_id)
    where outbox_event.book_id = $1 and outbox_event.type = 'ledger.posted' and journal.is_announced`,
  reversed: `
    select journal.key, reversal_total.seq, reversal_total.reversed_minor
    from tieout.reversal_total join tieout.journal using (book_id, journal_id)
    where reversal_total.book_id = $1 and reversal_total.reversed_minor > 0`,
  hold: `
    select journal.key, hold.amount_minor, hold.posted_minor, hold.voided_minor, hold.expired_minor, hold.remaining_minor
    from tieout.hold join tieout.journal on journal.book_id = hold.book_id and journal.journal_id = hold.hold_id
    where hold.book_id = $1`,
  item: `
    select journal.key || '#' || (place.n / 2)::int || '#' || case when place.n % 2 = 0 then 'debit' else 'credit' end as id,
      account.code, account.currency, open_item.amount_minor, open_item.reference, open_item.payment_id
    from tieout.open_item
    cross join lateral (values (('x' || right(open_item.item_id::text, 4))::bit(16)::int)) place (n)
    join tieout.journal using (book_id, booked_on, journal_id)
    join tieout.account using (book_id, account_id)
    where open_item.book_id = $1`,
  balance: `
    select account.code, account.currency, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor
    from tieout.account_balance join tieout.account using (book_id, account_id)
    where book_id = $1 and (debits_minor <> 0 or credits_minor <> 0 or pending_debits_minor <> 0 or pending_credits_minor <> 0)`,
  day: `
    select account.code, account.currency, effective_date, booked_on, sum(debits_minor)::bigint as debits,
      sum(credits_minor)::bigint as credits
    from tieout.account_day join tieout.account using (book_id, account_id)
    where book_id = $1
    group by account.code, account.currency, effective_date, booked_on
    having sum(debits_minor) <> 0 or sum(credits_minor) <> 0`,
};

/** What the tables hold. */
export async function tablesIn(tx: Tx, bookId: bigint): Promise<Tables> {
  const tables: Record<string, string[]> = {};
  for (const [name, sql] of Object.entries(QUERIES)) {
    const rows = await tx.query<Record<string, Field>>(sql, [bookId]);
    tables[name] = rows.map((row) => line(...Object.values(row)));
  }
  return sorted(tables);
}

const COMPARED = [
  'journal_refusal',
  'journal',
  'posting',
  'open_item',
  'hold',
  'hold_resolution',
  'reversal',
  'reversal_total',
];

/** Every row of the tables that are the same however journals are cut into calls. */
export async function rowsIn(tx: Tx, bookId: bigint): Promise<Tables> {
  const tables: Record<string, string[]> = {};
  for (const table of [...COMPARED, 'outbox_event', 'account_balance']) {
    const rows = await tx.query<{ row: string }>(
      `select (to_jsonb(t) - 'book_id')::text as row from tieout.${table} t where book_id = $1`,
      [bookId],
    );
    tables[table] = rows.map(({ row }) => row);
  }
  const keys = await tx.query<{ row: string }>(
    `select (to_jsonb(t) - 'book_id' - 'operation_id')::text as row from tieout.journal_key t where book_id = $1`,
    [bookId],
  );
  return sorted({ ...tables, journal_key: keys.map(({ row }) => row) });
}
