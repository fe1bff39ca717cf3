import { cardTokenOf } from '../src/card-number.ts';
import type { Tx } from '../src/db/db.ts';
import { OperationalError } from '../src/errors.ts';
import type { HandContent } from '../src/ledger/hand-journal.ts';
import type { JournalRequest } from '../src/ledger/journal-request.ts';
import { parseJournalRow } from '../src/ledger/journal-row.ts';
import { maskPaymentRow } from '../src/ledger/payment-cards.ts';
import {
  type HandOutcome,
  isRefused,
  postAccepted,
  postByHand,
  postOrRefuse,
} from '../src/ledger/post-by-hand.ts';
import { currencyOption } from './amount-options.ts';
import type { CommandContext } from './command-context.ts';
import { refusedAlone, tellPosted } from './posting-output.ts';
import {
  type BookOptions,
  businessDateOption,
  postOptions,
  type Session,
  tokenKey,
} from './session.ts';

/** The options of a command that posts. */
export interface PostingOptions extends BookOptions {
  readonly plan?: boolean;
}

/** A journal of one posting as options tell it. */
export interface LineOptions {
  readonly debit?: string;
  readonly credit?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly date?: string;
  readonly description?: string;
  readonly kind?: string;
  readonly reference?: string;
  readonly key?: string;
}

/** Reads the options of one posting as a line of a file is read, card numbers truncated; `usage` when one is wrong. */
export function handContent(
  context: CommandContext,
  { config }: Session,
  options: LineOptions,
): HandContent {
  const currency = currencyOption(options.currency, config);
  const names = ['debit', 'credit', 'amount', 'description', 'kind', 'reference', 'key'] as const;
  const texts = names.map((name) => options[name] ?? '');
  const masked = maskPaymentRow(texts, cardTokenOf(tokenKey(config)));
  const fields = new Map<string, string>(names.map((name, place) => [name, masked[place] ?? '']));
  fields.set('effective_date', businessDateOption(options.date, context, config));
  const row = parseJournalRow((name) => fields.get(name) ?? '', { currency });
  if ('code' in row)
    throw new OperationalError('usage', row.text, { context: { reason: row.code } });
  return { ...row.head, lines: [row.movement] };
}

/** How far to go: a plan keeps nothing; one refusal stops all, or only its own journal. */
export type Extent = 'plan' | 'all-or-nothing' | 'accepted';

/** Posts journals in a transaction of their own. */
export async function postJournals(
  context: CommandContext,
  session: Session,
  journals: readonly JournalRequest[],
  extent: Extent,
): Promise<HandOutcome> {
  const begin = (tx: Tx) => postOptions(tx, context, session);
  if (extent === 'plan')
    return await session.db.transaction(async (tx) => postByHand(tx, journals, await begin(tx)), {
      rollback: true,
    });
  if (extent === 'accepted') return await postAccepted(session.db, journals, begin);
  return await postOrRefuse(session.db, journals, begin);
}

/** Posts one journal, or plans to, and tells what came of it; a refusal ends with 65, a refused plan with 3. */
export async function postOne(
  context: CommandContext,
  session: Session,
  journal: JournalRequest,
  options: PostingOptions & { readonly also?: (tx: Tx, outcome: HandOutcome) => Promise<void> },
): Promise<void> {
  const isPlan = options.plan === true;
  const outcome = isPlan
    ? await postJournals(context, session, [journal], 'plan')
    : await postOrRefuse(
        session.db,
        [journal],
        (tx) => postOptions(tx, context, session),
        options.also,
      );
  const refused = outcome.results.find(isRefused);
  if (refused !== undefined && !isPlan) throw refusedAlone(refused);
  await tellPosted(context, { isPlan, ...outcome }, options);
}
