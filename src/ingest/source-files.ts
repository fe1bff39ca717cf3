import type { SourceConfig } from '../config.ts';
import type { InspectedFile, InspectOptions, RecognisedFormat } from './intake.ts';

/** What of a run decides how files are opened. */
export interface OpeningOptions {
  readonly sources: readonly SourceConfig[];
  readonly now: Date;
  /** Where plaintext lies while it is read; default the system's temporary folder. */
  readonly scratchFolder?: string;
}

/** How the files of the configured sources are opened, before anybody knows whose a file is: with the keys of all. */
export function inspectOptionsOf(options: OpeningOptions): InspectOptions {
  const { sources, now, scratchFolder } = options;
  const configs = sources.flatMap(({ pgp }) => (pgp === undefined ? [] : [pgp]));
  const fallbackEncoding = commonEncoding(sources);
  return {
    pgp: { configs: () => configs, now },
    mayHaveSeveralMembers: sources.some((source) => source.hasSeveralGzipMembers === true),
    ...(scratchFolder === undefined ? {} : { scratchFolder }),
    ...(fallbackEncoding === undefined ? {} : { fallbackEncoding }),
  };
}

/**
 * A file that says nothing of its encoding is read in the one that its source is configured with.
 *
 * Whose it is shows only while it is read, so all sources that may send its format must agree; else it stays a guess.
 */
export function inConfiguredEncoding(
  inspected: InspectedFile,
  { format, detected }: RecognisedFormat,
  sources: readonly SourceConfig[],
): InspectedFile {
  if (!inspected.encoding.isGuessed || inspected.encoding.label === 'utf-8') return inspected;
  const senders = sources.filter(({ formats }) => formats.includes(detected.format));
  const label = commonEncoding(senders) ?? format.fallbackEncoding?.();
  return label === undefined ? inspected : { ...inspected, encoding: { label, isGuessed: false } };
}

function commonEncoding(sources: readonly SourceConfig[]): string | undefined {
  const [first] = sources;
  return sources.every((source) => source.encoding === first?.encoding)
    ? first?.encoding
    : undefined;
}
