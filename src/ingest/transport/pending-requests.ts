/**
 * The requests a connection waits for, and the watch over them.
 *
 * While any is open, one of them must be answered within the idle time; else the connection is given up. Kept here and not
 * left to the keepalive of the connection, which a server answers whose file service has stopped.
 */
export class PendingRequests {
  readonly #open = new Set<(error: Error) => void>();
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #failure: Error | undefined;

  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** Why nothing is asked any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Asks with a callback; rejects with the failure of the connection, before or after. */
  ask<T>(start: (answer: (error: Error | undefined, value: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#open.add(reject);
      if (this.#open.size === 1) this.#watch();
      const answer = (error: Error | undefined, value: T) => {
        if (!this.#open.delete(reject)) return;
        this.#watch();
        if (error === undefined) resolve(value);
        else reject(error);
      };
      try {
        start(answer);
      } catch (error) {
        answer(error instanceof Error ? error : new Error(String(error)), undefined as T);
      }
    });
  }

  /** Fails what is open, and everything asked from now on; the first failure counts. */
  fail(error: Error): void {
    this.#failure ??= error;
    const open = [...this.#open];
    this.#open.clear();
    this.#watch();
    for (const reject of open) reject(this.#failure);
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#open.size === 0) return;
    this.#timer = setTimeout(this.#onIdle, this.#idleMs);
  }
}
