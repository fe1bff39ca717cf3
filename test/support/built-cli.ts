import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_COMPILED = ['.sql', '.yaml', '.json', '.css'];

/** What a command said and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** The command line, compiled from the sources as they are, in a folder of its own. */
export interface BuiltCli {
  /** The compiled program, for tests that start it in surroundings of their own. */
  readonly entry: string;
  start(args: readonly string[], options?: CliOptions): Started;
  run(args: readonly string[], options?: CliOptions): Promise<Ended>;
  remove(): void;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from stdin instead of nothing. */
  readonly stdin?: number;
  /** Where stdout goes instead of into `Ended`. */
  readonly stdout?: number;
}

/** Builds the command line as the package ships it: other processes need JavaScript, Node 20 does not run TypeScript. */
export function buildCli(): BuiltCli {
  const root = mkdtempSync(join(tmpdir(), 'tieout-cli-'));
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const options = ['-p', join(PROJECT, 'tsconfig.build.json'), '--outDir', join(root, 'dist')];
  execFileSync(process.execPath, [compiler, ...options], { cwd: PROJECT, stdio: 'pipe' });
  for (const folder of ['src', 'bin']) {
    cpSync(join(PROJECT, folder), join(root, 'dist', folder), {
      recursive: true,
      filter: (path) => statSync(path).isDirectory() || NOT_COMPILED.includes(extname(path)),
    });
  }
  for (const name of ['node_modules', 'package.json', 'fixtures'])
    symlinkSync(join(PROJECT, name), join(root, name));
  const entry = join(root, 'dist/bin/tieout.js');
  const start = (args: readonly string[], cliOptions: CliOptions = {}) =>
    startCli(entry, args, { cwd: root, ...cliOptions });
  return {
    entry,
    start,
    run: (args, cliOptions) => start(args, cliOptions).ended,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function startCli(entry: string, args: readonly string[], options: CliOptions): Started {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
    stdio: [options.stdin ?? 'ignore', options.stdout ?? 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return { child, ended };
}
