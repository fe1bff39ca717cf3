import type { Tx } from '../db/db.ts';
import { sha256Hex, uuidFrom } from '../ids.ts';

/** Something a person or a program did to an object of the books, on purpose. */
export interface Act {
  readonly bookId: bigint;
  readonly actor: string;
  /** What was done, in the imperative: `freeze`, `close`, `reopen`. */
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly reason?: string;
  /** The object before and after, as JSON; amounts as strings of minor units. */
  readonly before?: object;
  readonly after?: object;
  /** Ties the act to a request from outside. */
  readonly requestId?: string;
  readonly now: Date;
}

/**
 * Writes an act into the audit log, in the transaction of the act itself.
 *
 * Its id is derived from its content: the same act at the same instant is one.
 */
export async function recordAct(tx: Tx, act: Act): Promise<void> {
  const fields = [
    act.now.toISOString(),
    act.actor,
    act.action,
    act.objectType,
    act.objectId,
    act.reason ?? null,
    act.before === undefined ? null : JSON.stringify(act.before),
    act.after === undefined ? null : JSON.stringify(act.after),
    act.requestId ?? null,
  ];
  await tx.execute(
    `insert into tieout.audit_event
       (book_id, event_id, happened_at, actor, action, object_type, object_id, reason, before, after, request_id)
     values ($1, $2::uuid, $3::timestamptz, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11)
     on conflict (book_id, event_id) do nothing`,
    [act.bookId, uuidFrom(sha256Hex(JSON.stringify(fields))), ...fields],
  );
}
