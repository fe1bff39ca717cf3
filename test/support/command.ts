import type { Command } from 'commander';
import type { CommandContext } from '../../bin/command-context.ts';

/** What a command said and how it ended. */
export interface Seen {
  readonly out: string;
  readonly notes: readonly string[];
  readonly exitCode: number;
}

/** Runs a command in this process, on the database at `url` and with the clock at `now`; tells each piece it writes. */
export async function runCommand(
  make: (context: CommandContext) => Command,
  surroundings: {
    readonly url: string;
    readonly cwd: string;
    readonly now?: Date;
    readonly onPiece?: () => void;
  },
  parameters: readonly string[],
): Promise<Seen> {
  const { url, cwd, now = new Date('2026-03-02T09:00:00Z'), onPiece } = surroundings;
  const seen = { out: '', notes: [] as string[], exitCode: 0 };
  const context: CommandContext = {
    out: async (text) => {
      seen.out += text;
      onPiece?.();
    },
    note: (text) => void seen.notes.push(text),
    setExitCode: (code) => {
      seen.exitCode = code;
    },
    progress: () => undefined,
    onSignal: () => () => undefined,
    env: { DATABASE_URL: url },
    cwd,
    now: () => now,
  };
  await make(context).parseAsync([...parameters], { from: 'user' });
  return seen;
}
