/**
 * The operating errors a user may meet, each with the exit code a scheduler acts on.
 *
 * Codes follow sysexits.h where it has one. 1 is never used: Node gives it to any uncaught error.
 */
export type ErrorCode =
  | 'usage'
  | 'invalid_input'
  | 'not_found'
  | 'database_unreachable'
  | 'database_start_failed'
  | 'sftp_unreachable'
  | 'invariant_broken'
  | 'cannot_create'
  | 'io_error'
  | 'book_busy'
  | 'interrupted'
  | 'not_permitted'
  | 'configuration';

export const EXIT_CODE: Readonly<Record<ErrorCode, number>> = {
  usage: 64,
  invalid_input: 65,
  not_found: 66,
  database_unreachable: 69,
  database_start_failed: 69,
  sftp_unreachable: 69,
  invariant_broken: 70,
  cannot_create: 73,
  io_error: 74,
  book_busy: 75,
  interrupted: 75,
  not_permitted: 77,
  configuration: 78,
};

/** Done, and differences were found: `--fail-on` was met, or `verify` found a breach. */
export const EXIT_DIFFERENCES = 2;

/** Done, and at least one file was rejected or held; everything else was processed. */
export const EXIT_FILES_KEPT_ASIDE = 3;

/** A broken invariant or a bug: nothing was committed. */
export const EXIT_BUG = 70;

export interface OperationalErrorOptions {
  readonly context?: Readonly<Record<string, string | number | bigint | undefined>>;
  readonly cause?: unknown;
}

/** A failure of the surroundings, not of the data and not of the code: told once, on one line. */
export class OperationalError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number | bigint | undefined>>;

  constructor(code: ErrorCode, message: string, options: OperationalErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OperationalError';
    this.code = code;
    this.context = options.context ?? {};
  }
}

/** Throws a bug (exit 70) when the condition does not hold; the sentence says what was expected. */
export function assertInvariant(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new OperationalError('invariant_broken', sentence);
}
