import type { ParsedRecord } from './record.ts';

/** Receives records in file order; called synchronously while a reader works on a chunk. */
export type Emit = (record: ParsedRecord) => void;

/** One pass over one file, pushed in decoded chunks of any size; memory does not depend on the file's size. */
export interface Reader {
  /** Reads on; chunks may break anywhere, also inside a line or a tag. */
  write(chunk: string): void | Promise<void>;
  /** The file is over; throws a `FileRefusal` when it stops where it must not. */
  end(): void | Promise<void>;
}

/** What a source's configuration says of how its files are to be read. */
export interface ReadSettings {
  /** Whether the bank marks a reversal (`RvslInd`) with the direction of the entry it undoes, not with its own. */
  readonly hasOriginalDirection: (account: string | null) => boolean;
}

/** As the standards have it. */
export const DEFAULT_SETTINGS: ReadSettings = { hasOriginalDirection: () => false };

/** What detection found out about a file before it is read. */
export interface Detected {
  /** As in the summary of `parse`: `mt940`, `camt.053`, `csv:adyen-settlement-details`, … */
  readonly format: string;
  readonly version: string | null;
  /** What separates the fields of a CSV file, where its format allows more than one separator. */
  readonly delimiter?: string;
}

/** A format this build can read. */
export interface Format {
  readonly name: string;
  /** The encoding of its files that are not UTF-8 and name none. */
  readonly fallbackEncoding?: () => string | undefined;
  /** Looks at the first characters of the decoded file (up to 16,384); `undefined` when it is not this format. */
  detect(head: string): Detected | undefined;
  open(emit: Emit, detected: Detected, settings: ReadSettings): Reader;
}
