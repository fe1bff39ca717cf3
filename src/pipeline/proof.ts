import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';

const PROOF = sqlFile(import.meta.url, './sql/proof.sql');

/** Two sums that must be equal: minor units when there is a currency, else a count. */
export interface Equation {
  readonly id: string;
  readonly text: string;
  readonly currency: Currency | null;
  readonly left: string;
  readonly right: string;
  readonly closes: boolean;
}

export interface Proof {
  readonly closes: true;
  readonly equations: readonly Equation[];
}

/** Proves that nothing was lost or invented; throws `invariant_broken` (exit 70) otherwise, so that nothing commits. */
export async function prove(
  tx: Tx,
  options: { readonly bookId: bigint; readonly runId: bigint },
): Promise<Proof> {
  const equations = await tx.query<Equation>(PROOF, [options.bookId, options.runId]);
  const broken = equations.filter((equation) => !equation.closes);
  if (broken.length === 0) return { closes: true, equations };
  const words = broken.map(
    ({ id, text, currency, left, right }) =>
      `${id} ${text}: ${left} against ${right}${currency === null ? '' : ` ${currency} minor units`}`,
  );
  throw new OperationalError(
    'invariant_broken',
    `the run does not close, nothing was saved: ${words.join('; ')}`,
  );
}
