import { Command } from 'commander';
import { recordAct } from '../../src/audit/audit-log.ts';
import { getPayout, returnKeyOf, returnOf } from '../../src/ledger/payouts.ts';
import type { CommandContext } from '../command-context.ts';
import { type PostingOptions, postOne } from '../hand-posting.ts';
import { tellPosted } from '../posting-output.ts';
import { actor, businessDateOption, inSession, withBook } from '../session.ts';

interface ReturnOptions extends PostingOptions {
  readonly reason: string;
  readonly date?: string;
}

/** `tieout payouts`: what was paid out to merchants. */
export function payoutsCommand(context: CommandContext): Command {
  const payouts = new Command('payouts').description('payouts to merchants').exitOverride();
  withBook(
    payouts
      .command('return')
      .description('take back a payout that the bank rejected or returned: we owe it again'),
  )
    .argument('<payout>', 'its payment id, or its reference')
    .requiredOption('--reason <reason>', 'why, for the journal and the audit log')
    .option('--date <date>', 'the day it takes effect; default today')
    .option('--plan', 'say what would be posted and keep nothing')
    .action((name: string, options: ReturnOptions) => takeBack(context, name, options));
  return payouts;
}

async function takeBack(
  context: CommandContext,
  name: string,
  options: ReturnOptions,
): Promise<void> {
  await inSession(context, options, async (session) => {
    const { db, bookId, config } = session;
    const payout = await db.read((tx) => getPayout(tx, bookId, name));
    if (payout.returnId !== null) {
      // Once is enough, whatever day and reason are given the second time.
      const known = { key: returnKeyOf(payout), code: 'exists', journalId: payout.returnId };
      await tellPosted(
        context,
        { isPlan: options.plan === true, results: [known], balances: [] },
        options,
      );
      return;
    }
    const effectiveDate = businessDateOption(options.date, context, config);
    const { reason } = options;
    const journal = returnOf(payout, { reason, effectiveDate, createdBy: actor() });
    await postOne(context, session, journal, {
      ...options,
      also: async (tx, { created, results }) => {
        if (created === 0) return;
        await recordAct(tx, {
          ...{ bookId, actor: actor(), action: 'return', objectType: 'payout' },
          objectId: payout.journalId,
          reason,
          after: { return: results[0]?.journalId ?? null },
          now: context.now(),
        });
      },
    });
  });
}
