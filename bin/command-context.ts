/** What a command may touch of the process it runs in. */
export type CommandContext = {
  /** Writes data to standard output; resolves when it was taken, rejects when it cannot be written. */
  out(text: string): Promise<void>;
  /** Writes one line of progress or notice to standard error. */
  note(text: string): void;
  /** Shows what is being done while it lasts; only on a terminal. */
  progress(text: string): void;
  /** The exit code, told once the command is done. */
  setExitCode(code: number): void;
  /** Registers what must be given back when a signal ends the process; returns how to take it back. */
  onSignal(cleanUp: () => Promise<void>): () => void;
  env: NodeJS.ProcessEnv;
  cwd: string;
  now(): Date;
};
