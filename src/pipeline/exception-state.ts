import { recordAct } from '../audit/audit-log.ts';
import type { Database } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { getException, setException } from '../match/exception-acts.ts';

/** What a person says about an exception that moves no money. */
export type StateAct =
  | { readonly kind: 'assign'; readonly owner: string }
  | { readonly kind: 'comment' }
  | { readonly kind: 'resolve'; readonly isPending: boolean };

/** How an exception stands behind an act on it, schema `tieout.exception-state/1`. */
export interface ExceptionState {
  readonly schema: 'tieout.exception-state/1';
  readonly id: string;
  readonly act: StateAct['kind'];
  readonly state: string;
  readonly owner: string | null;
  /** Whether the act was not there before. */
  readonly changed: boolean;
  readonly by: string;
  readonly reason: string;
}

/**
 * Assigns, comments or resolves an exception, and tells the audit log who did and why.
 *
 * What was assigned or resolved so before changes nothing. A resolved exception stays so, unless its match is revoked; it
 * must be open to be assigned.
 */
export async function actOnException(
  db: Database,
  act: StateAct,
  options: {
    readonly bookId: bigint;
    readonly id: string;
    readonly by: string;
    readonly because: string;
    readonly now: Date;
  },
): Promise<ExceptionState> {
  const { bookId, by, because, now } = options;
  return await db.transaction(async (tx) => {
    const exception = await getException(tx, bookId, options.id);
    if (act.kind === 'assign' && exception.state === 'RESOLVED')
      throw new OperationalError('invalid_input', `exception ${options.id} is resolved`);
    const before = { state: exception.state, owner: exception.owner };
    const after = { ...before, ...wanted(act) };
    const changed = (await setException(tx, bookId, exception, after)) || act.kind === 'comment';
    if (changed)
      await recordAct(tx, {
        bookId,
        actor: by,
        action: act.kind,
        objectType: 'exception',
        objectId: exception.exceptionId,
        reason: because,
        before,
        after,
        now,
      });
    return {
      schema: 'tieout.exception-state/1',
      id: exception.exceptionId,
      act: act.kind,
      ...after,
      changed,
      by,
      reason: because,
    };
  });
}

function wanted(act: StateAct): { readonly state?: string; readonly owner?: string } {
  if (act.kind === 'assign') return { state: 'ASSIGNED', owner: act.owner };
  if (act.kind === 'resolve') return { state: act.isPending ? 'PENDING_RESOLUTION' : 'RESOLVED' };
  return {};
}
