#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT_BUG, EXIT_CODE, OperationalError } from '../src/errors.ts';
import type { CommandContext } from './command-context.ts';
import { auditCommand } from './commands/audit.ts';
import { dbCommand } from './commands/db.ts';
import { demoCommand } from './commands/demo.ts';
import { exceptionsCommand } from './commands/exceptions.ts';
import { explainCommand } from './commands/explain.ts';
import { fetchCommand } from './commands/fetch.ts';
import { ingestCommand } from './commands/ingest.ts';
import { initCommand } from './commands/init.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { parseCommand } from './commands/parse.ts';
import { payoutsCommand } from './commands/payouts.ts';
import { reportCommand } from './commands/report.ts';
import { rulesCommand } from './commands/rules.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { simulateCommand } from './commands/simulate.ts';
import { printable } from './record-output.ts';
import { codeVersion } from './session.ts';
import { isEndingBySignal, onSignal } from './signals.ts';

const COMMANDS = [
  demoCommand,
  initCommand,
  ledgerCommand,
  auditCommand,
  runCommand,
  runsCommand,
  exceptionsCommand,
  rulesCommand,
  payoutsCommand,
  explainCommand,
  reportCommand,
  parseCommand,
  fetchCommand,
  ingestCommand,
  dbCommand,
  simulateCommand,
];

// A promise that never settles would let Node exit with 0: success has to be earned.
process.exitCode = EXIT_BUG;
process.on('uncaughtException', exitWithBug);
process.on('unhandledRejection', exitWithBug);
// A failed write is told to its writer; without a listener Node would throw it a second time.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const context: CommandContext = {
    out: writeOut,
    note: (text) => void process.stderr.write(`${text}\n`),
    progress: showProgress,
    setExitCode: (code) => {
      exitCode = code;
    },
    onSignal,
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
  };
  try {
    await program(context).parseAsync(argv);
    return exitCode;
  } catch (error) {
    // The signal's handler ends the process with its own code.
    return isEndingBySignal() ? EXIT_CODE.interrupted : report(error);
  }
}

function program(context: CommandContext): Command {
  const tieout = new Command('tieout')
    .description('Batch settlement and reconciliation on a double-entry Postgres ledger.')
    .version(codeVersion(), '--version', 'print the version')
    .option('--no-progress', 'show no progress, also on a terminal')
    .exitOverride();
  for (const command of COMMANDS) {
    tieout.addCommand(command(context).copyInheritedSettings(tieout));
  }
  return tieout;
}

/** What is being done, on a line that the next one overwrites; a file or a pipe is not a place for it. */
function showProgress(text: string): void {
  if (!process.stderr.isTTY || process.argv.includes('--no-progress')) return;
  process.stderr.write(`\r\u001b[K${text} …\r`);
}

function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (cause) => {
      if (cause) reject(unwritable(cause));
      else resolve();
    });
  });
}

function unwritable(cause: Error): OperationalError {
  const reason = 'code' in cause ? String(cause.code) : undefined;
  const options = { cause, context: { reason } };
  return new OperationalError('io_error', 'cannot write to standard output', options);
}

/** The only place that turns an error into words and an exit code. */
function report(error: unknown): number {
  // The parser of the command line has already said what was wrong, or printed the help asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODE.usage;
  if (error instanceof OperationalError) {
    const context = Object.entries(error.context)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${value}`)
      .join('');
    // A database that does not start tells the last lines of its log, each on a line of its own.
    const lines = `${error.message} [${error.code}]${context}`.split('\n').map(printable);
    process.stderr.write(`tieout: ${lines.join('\n')}\n`);
    return EXIT_CODE[error.code];
  }
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`tieout: bug, please report\n${stack}\n`);
  return EXIT_BUG;
}

function exitWithBug(error: unknown): never {
  report(error);
  process.exit(EXIT_BUG);
}
