import type { Tx } from '../db/db.ts';

/** An act of the audit log; what does not apply is null. */
export interface RecordedAct {
  readonly eventId: string;
  readonly happenedAt: Date;
  readonly actor: string;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string | null;
}

export interface ActFilter {
  readonly bookId: bigint;
  readonly actor?: string;
  /** `type` or `type:id`, for example `account:assets:bank:main`. */
  readonly object?: string;
  readonly request?: string;
  readonly limit: number;
}

/** Lists the acts of a book that pass every filter, newest first. */
export async function listActs(tx: Tx, filter: ActFilter): Promise<RecordedAct[]> {
  const [, type = null, id = null] = /^([^:]*)(?::(.*))?$/su.exec(filter.object ?? '') ?? [];
  return await tx.query<RecordedAct>(
    `select event_id as "eventId", happened_at as "happenedAt", actor, action, object_type as "objectType",
       object_id as "objectId", reason, before, after, request_id as "requestId"
     from tieout.audit_event
     where book_id = $1
       and ($2::text is null or actor = $2)
       and ($3::text is null or object_type = $3)
       and ($4::text is null or object_id = $4)
       and ($5::text is null or request_id = $5)
     order by happened_at desc, event_id
     limit $6`,
    [
      filter.bookId,
      filter.actor ?? null,
      filter.object === undefined ? null : type,
      filter.object === undefined ? null : id,
      filter.request ?? null,
      filter.limit,
    ],
  );
}
