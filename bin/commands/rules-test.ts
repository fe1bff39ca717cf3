import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT_DIFFERENCES } from '../../src/errors.ts';
import {
  type NamedTie,
  parseRuleCases,
  type RuleCases,
} from '../../src/match/rules-as-code/rule-cases.ts';
import { type CaseOutcome, holds, testRules } from '../../src/pipeline/test-rules.ts';
import type { CommandContext } from '../command-context.ts';
import { writeJunit } from '../junit.ts';
import { printJson } from '../print.ts';
import { printable } from '../record-output.ts';
import { fileText, packNamed } from '../rule-pack-argument.ts';
import { type BookOptions, inSession, withBook } from '../session.ts';

interface TestOptions extends BookOptions {
  readonly junit?: string;
}

interface TestedFile extends RuleCases {
  readonly file: string;
  readonly outcomes: readonly CaseOutcome[];
}

/** Adds `rules test`: cases of a pack, tied by matching itself. */
export function addRulesTest(rules: Command, context: CommandContext): void {
  withBook(rules.command('test').description('hold a rule pack to cases in YAML'))
    .argument('<files...>', 'files of cases, each naming its pack')
    .option('--junit <file>', 'write the outcome as JUnit XML too')
    .action((files: readonly string[], options: TestOptions) => test(context, files, options));
}

async function test(
  context: CommandContext,
  files: readonly string[],
  options: TestOptions,
): Promise<void> {
  const tested = await inSession(context, options, async ({ config, db }) => {
    const read = files.map((file) => {
      const path = resolve(context.cwd, file);
      const findPack = (name: string) => packNamed(name, { folder: dirname(path), config });
      return { file, ...parseRuleCases(fileText(path), file, findPack) };
    });
    const done: TestedFile[] = [];
    for (const one of read) {
      const { calendars } = config;
      const outcomes = await testRules(db, one, { calendars, now: context.now() });
      done.push({ ...one, outcomes });
    }
    return done;
  });
  if (options.junit !== undefined)
    writeJunit(resolve(context.cwd, options.junit), tested.map(suite));
  await (options.json ? tellJson(context, tested) : tellText(context, tested));
  if (!tested.every(({ outcomes }) => outcomes.every(holds))) context.setExitCode(EXIT_DIFFERENCES);
}

async function tellJson(context: CommandContext, tested: readonly TestedFile[]): Promise<void> {
  await printJson(context, {
    schema: 'tieout.rules-test/1',
    files: tested.map(({ file, pack, outcomes }) => ({
      file,
      pack: pack.pack,
      version: pack.version,
      cases: outcomes.map((outcome) => ({
        name: outcome.name,
        holds: holds(outcome),
        missing: outcome.missing,
        unexpected: outcome.unexpected,
      })),
    })),
  });
}

async function tellText(context: CommandContext, tested: readonly TestedFile[]): Promise<void> {
  for (const { file, pack, outcomes } of tested) {
    for (const outcome of outcomes.filter((one) => !holds(one))) {
      const lines = [`${file}${outcome.place}: does not hold: ${outcome.name}`, ...whyNot(outcome)];
      await context.out(`${lines.map(printable).join('\n')}\n`);
    }
    const held = outcomes.filter(holds).length;
    await context.out(
      printable(`${file}: ${pack.pack}@${pack.version}: ${held} of ${outcomes.length} cases hold`) +
        '\n',
    );
  }
}

function whyNot({ missing, unexpected }: CaseOutcome): readonly string[] {
  return [
    ...missing.map((tie) => `  expected and not made: ${tieText(tie)}`),
    ...unexpected.map((tie) => `  made and not expected: ${tieText(tie)}`),
  ];
}

function tieText({ rows, rule, certificate, status }: NamedTie): string {
  return `${rows.join(' + ')} by ${rule}, ${certificate}, ${status}`;
}

function suite({ file, outcomes }: TestedFile) {
  return {
    name: file,
    cases: outcomes.map((outcome) => ({
      name: outcome.name,
      ...(holds(outcome) ? {} : { failure: whyNot(outcome).join('\n') }),
    })),
  };
}
