import type { Transport } from './transport.ts';

/** Connections to one place, each used for one thing at a time and again for the next. */
export class ConnectionPool {
  readonly #connect: () => Promise<Transport>;
  readonly #idle: Transport[] = [];
  #failure: unknown;

  constructor(connect: () => Promise<Transport>) {
    this.#connect = connect;
  }

  /** Whether it was tried in vain to connect: it is not tried again. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Does work over a connection that nothing else uses meanwhile; opens one when none is idle. */
  async use<T>(work: (transport: Transport) => Promise<T>): Promise<T> {
    const transport = this.#takeIdle() ?? (await this.#open());
    try {
      return await work(transport);
    } finally {
      if (transport.isOpen) this.#idle.push(transport);
    }
  }

  /** Closes what is idle, which is all when nothing is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((transport) => transport.close()));
  }

  #takeIdle(): Transport | undefined {
    for (;;) {
      const transport = this.#idle.pop();
      if (transport === undefined || transport.isOpen) return transport;
    }
  }

  async #open(): Promise<Transport> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#connect();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
