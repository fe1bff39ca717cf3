const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

const cleanUps = new Set<() => Promise<void>>();
let isEnding = false;

/**
 * Registers what must be given back when a signal ends the process; returns how to take it back.
 *
 * Postgres rolls an open transaction back when its connection goes, so giving back is all there is to do; a second signal
 * does not wait for it.
 */
export function onSignal(cleanUp: () => Promise<void>): () => void {
  if (cleanUps.size === 0) {
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  }
  cleanUps.add(cleanUp);
  return () => {
    cleanUps.delete(cleanUp);
    if (cleanUps.size > 0) return;
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  };
}

/** Whether a signal is ending the process, so that what fails now fails because of it. */
export function isEndingBySignal(): boolean {
  return isEnding;
}

const PATIENCE_MS = 8_000;

function end(signal: 'SIGINT' | 'SIGTERM'): void {
  const code = EXIT_BY_SIGNAL[signal];
  if (isEnding) process.exit(code);
  isEnding = true;
  process.stderr.write(`tieout: ${signal}, rolling back\n`);
  const given = Promise.allSettled([...cleanUps].map((cleanUp) => cleanUp()));
  setTimeout(() => process.exit(code), PATIENCE_MS);
  void given.then(() => process.exit(code));
}
