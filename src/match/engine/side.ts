import type { Context, FieldName } from '../rules/rule.ts';

/** The rows of one side of a context: a relation with these columns, and how fields of a rule are told from them. */
export interface SideRows {
  /** A subquery over $1 book_id and $2 run_id. */
  readonly rows: string;
  /** Field to expression; `@` stands for the alias of the rows. */
  readonly fields: Readonly<Partial<Record<FieldName, string>>>;
}

export interface ContextSides {
  readonly left: SideRows;
  readonly right: SideRows;
  /** Whether the amounts of a pair have one sign (evidence and item) or opposite ones (money out of one account into another). */
  readonly isOpposite: boolean;
}

const WORDS = `concat_ws(' ', @.reference, @.external_id, @.narrative)`;
/** Who paid, by the codes that banks put before an account and its bank: it names no payment. */
const PARTY = `(IBAN|BIC)[/+: ]+[A-Z]{2}[A-Z0-9]{6,32}|/CNTP/[^/]*/[^/]*`;
/** The first word of four or more letters and digits with a digit among them that is no date, no year and no account. */
const IDENTIFIER = `(
  select word
  from regexp_split_to_table(
    regexp_replace(upper(concat_ws(' ', @.reference, @.narrative)), '${PARTY}', ' ', 'g'), '[^A-Z0-9]+'
  ) with ordinality as told (word, place)
  where length(word) >= 4 and word ~ '[0-9]'
    and word !~ '^((19|20)[0-9]{2}|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])|(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])((19|20)[0-9]{2}|[0-9]{2})|[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))$'
  order by place
  limit 1
)`;

const LINE: SideRows = {
  rows: `
    select line.book_id, line.file_no, line.ordinal, line.revision, line.is_carried, line.currency, line.amount_minor,
      line.account_id, line.account_code, line.kind, line.reference, line.external_id, line.original_reference, line.batch,
      line.merchant, line.source, line.narrative, line.counterparty, line.day, null::uuid as right_id
    from tieout.line_to_match line
    where line.book_id = $1::bigint and (line.is_carried or line.run_id = $2::bigint)`,
  fields: {
    account: '@.account_id',
    amount: '@.amount_minor',
    batch: '@.batch',
    counterparty: '@.counterparty',
    currency: '@.currency',
    date: '@.day',
    external_id: '@.external_id',
    identifier: IDENTIFIER,
    kind: '@.kind',
    merchant: '@.merchant',
    narrative: '@.narrative',
    original_reference: '@.original_reference',
    reference: '@.reference',
    source: '@.source',
    words: WORDS,
  },
};

const BANK: SideRows = {
  rows: `
    select line.book_id, line.file_no, line.ordinal, line.revision, line.is_carried, line.currency, line.amount_minor,
      statement.account_code, line.reference, line.external_id, line.narrative, line.counterparty, line.source,
      line.is_reversal, line.booking_date, line.value_date, coalesce(line.value_date, line.booking_date) as day,
      tieout.group_id(line.file_no, line.ordinal, 0) as right_id
    from tieout.entry_to_match line
    join tieout.statement
      on statement.book_id = line.book_id and statement.file_no = line.file_no and statement.statement_no = line.statement_no
    where line.book_id = $1::bigint and (line.is_carried or line.run_id = $2::bigint) and line.role = 'bank'`,
  fields: {
    account: '@.account_code',
    amount: '@.amount_minor',
    booking_date: 'coalesce(@.booking_date, @.value_date)',
    counterparty: '@.counterparty',
    currency: '@.currency',
    date: '@.day',
    external_id: '@.external_id',
    identifier: IDENTIFIER,
    is_reversal: `case when @.is_reversal then 'true' else 'false' end`,
    narrative: '@.narrative',
    reference: '@.reference',
    source: '@.source',
    value_date: '@.day',
    words: WORDS,
  },
};

const batchOfItem = (column: string) => `(
  select settlement_batch.${column}
  from tieout.settlement_journal
  join tieout.settlement_batch
    on settlement_batch.book_id = settlement_journal.book_id and settlement_batch.batch_id = settlement_journal.batch_id
  where settlement_journal.book_id = @.book_id and settlement_journal.journal_id = @.journal_id
)`;

function items(where: string): SideRows {
  return {
    rows: `
    select item.book_id, item.item_id as right_id, item.currency, item.amount_minor, item.account_id,
      account.code as account_code, item.kind, item.reference, item.payment_id, item.effective_date as day, item.journal_id,
      null::bigint as file_no, null::bigint as ordinal
    from tieout.open_item item
    join tieout.account on account.book_id = item.book_id and account.account_id = item.account_id
    where item.book_id = $1::bigint and ${where}`,
    fields: {
      account: '@.account_id',
      amount: '@.amount_minor',
      currency: '@.currency',
      date: '@.day',
      kind: '@.kind',
      payment_id: '@.payment_id',
      reference: '@.reference',
      batch: batchOfItem('batch'),
      merchant: batchOfItem('merchant'),
      source: batchOfItem('source'),
    },
  };
}

/** What each context puts on its two sides. */
export const SIDES: Readonly<Record<Context, ContextSides>> = {
  'line-to-item': {
    left: LINE,
    right: items(`account.code like 'assets:receivable:%'`),
    isOpposite: false,
  },
  'bank-to-item': {
    left: BANK,
    right: items(
      `(account.code like 'assets:in-transit:%' or account.code = 'liabilities:payouts-in-transit')`,
    ),
    isOpposite: false,
  },
  'bank-to-bank': { left: BANK, right: BANK, isOpposite: true },
};
