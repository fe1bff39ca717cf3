import { OperationalError } from '../errors.ts';

/** A statement Postgres refused for a reason no operator can mend: a bug, shown with its statement. */
export class StatementError extends Error {
  readonly sqlState: string;

  constructor(sqlState: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StatementError';
    this.sqlState = sqlState;
  }
}

const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';
const LOCK_NOT_AVAILABLE = '55P03';
const INSUFFICIENT_PRIVILEGE = '42501';
const DISK_FULL = '53100';
const SERVER_IO_ERROR = '58030';
const CANNOT_CONNECT_NOW = '57P03';
const UNKNOWN_STATEMENT = '26000';
const STATEMENT_EXISTS = '42P05';

// Of Node's socket, and of node-postgres, which gives a lost connection no code at all.
const LOST_SOCKET = /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const LOST_SQLSTATE = /^(08...|57P0[123])$/;
const LOST_MESSAGE =
  /^Connection terminated|connection error and is not queryable|client was closed/i;
// A Citus coordinator reports the loss of one of its workers as an internal error.
const LOST_WORKER =
  /could not commit transaction for shard|server closed the connection|SSL SYSCALL/;

/** True when the error says that the connection to Postgres is gone. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof OperationalError && error.cause !== undefined) {
    return isConnectionLost(error.cause);
  }
  const code = codeOf(error);
  const message = messageOf(error);
  if (LOST_SOCKET.test(code) || LOST_SQLSTATE.test(code) || LOST_MESSAGE.test(message)) return true;
  return code === 'XX000' && LOST_WORKER.test(message);
}

/** True when Postgres cancelled the transaction only because of others: the same work may succeed now. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error instanceof OperationalError ? error.cause : error);
  return code === DEADLOCK || code === SERIALIZATION_FAILURE;
}

/** True when a pooler gave another connection than the one a statement was prepared on: nothing was executed. */
export function isOfPooler(error: unknown): boolean {
  const code = codeOf(error);
  return code === UNKNOWN_STATEMENT || code === STATEMENT_EXISTS;
}

/** True when the server may accept connections in a moment: it restarts, or is still starting. */
export function isNotYetAccepting(error: unknown): boolean {
  const code = codeOf(error);
  return code === CANNOT_CONNECT_NOW || code === 'ECONNREFUSED' || code === 'ECONNRESET';
}

/** Names the failure to connect; the URL is left out because it holds a password. */
export function translateConnectError(cause: unknown): OperationalError {
  return new OperationalError(
    'database_unreachable',
    `cannot connect to Postgres (${messageOf(cause)}); check DATABASE_URL and that the server runs`,
    { cause },
  );
}

/** Turns an error of a statement into an operating error, or into a bug that shows the statement. */
export function translateStatementError(error: unknown, sql: string): unknown {
  if (error instanceof OperationalError) return error;
  if (isConnectionLost(error)) {
    return new OperationalError(
      'interrupted',
      `the connection to Postgres was lost (${messageOf(error)}); nothing was saved, run again`,
      { cause: error },
    );
  }
  return operatingError(error) ?? bug(error, sql);
}

/** A COMMIT that fails with the connection has an unknown outcome, which must not be hidden. */
export function translateCommitError(error: unknown): unknown {
  if (!isConnectionLost(error)) return translateStatementError(error, 'commit');
  return new OperationalError(
    'interrupted',
    'the connection to Postgres was lost during commit, so the work is saved or not; run again, which is safe',
    { cause: error },
  );
}

/** A lone statement that was sent and never answered has an unknown outcome, like a COMMIT. */
export function translateCallError(error: unknown, sql: string): unknown {
  if (!isConnectionLost(error)) return translateStatementError(error, sql);
  return new OperationalError(
    'interrupted',
    `the connection to Postgres was lost (${messageOf(error)}), so the work is saved or not; ask again with the same key`,
    { cause: error },
  );
}

function operatingError(cause: unknown): OperationalError | undefined {
  switch (codeOf(cause)) {
    case LOCK_NOT_AVAILABLE:
      return new OperationalError('book_busy', 'another process holds the lock; run again later', {
        cause,
      });
    case DEADLOCK:
    case SERIALIZATION_FAILURE:
      return new OperationalError(
        'interrupted',
        `Postgres cancelled the work because of another process (${messageOf(cause)}); run again`,
        { cause },
      );
    case INSUFFICIENT_PRIVILEGE:
      return new OperationalError(
        'not_permitted',
        `Postgres does not permit it (${messageOf(cause)}); an administrator may grant this login the role tieout_post, which may do all but change history`,
        { cause },
      );
    case DISK_FULL:
    case SERVER_IO_ERROR:
      return new OperationalError(
        'io_error',
        `Postgres cannot write (${messageOf(cause)}); free space on its disk, then run again`,
        { cause },
      );
    default:
      return undefined;
  }
}

// Only errors of the server become statement errors: one thrown by a row source passes as it is.
function bug(error: unknown, sql: string): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error) || !/^[0-9A-Z]{5}$/.test(code)) return error;
  const statement = sql.trimStart().split('\n', 1)[0] ?? '';
  const detail = 'detail' in error && typeof error.detail === 'string' ? `: ${error.detail}` : '';
  return new StatementError(code, `${error.message}${detail} [${code}] in: ${statement}`, error);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

// Node joins the failures of several addresses in an error without a message.
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? codeOf(error) : error.message;
}
