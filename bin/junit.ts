import { writeFileSync } from 'node:fs';
import { OperationalError } from '../src/errors.ts';

/** A claim of a JUnit report; with `failure`, one that does not hold. */
export interface JunitCase {
  readonly name: string;
  readonly failure?: string;
}

/** Claims that belong together. */
export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** Writes a report as CI systems read it. It tells no time: the same claims make the same bytes. */
export function writeJunit(file: string, suites: readonly JunitSuite[]): void {
  try {
    writeFileSync(file, junitXml(suites));
  } catch (cause) {
    throw new OperationalError('cannot_create', `cannot write ${file}`, { cause });
  }
}

function junitXml(suites: readonly JunitSuite[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...suites.flatMap(suiteLines),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteLines({ name, cases }: JunitSuite): readonly string[] {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  return [
    `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${failures}">`,
    ...cases.flatMap((one) => caseLines(one, name)),
    '  </testsuite>',
  ];
}

function caseLines({ name, failure }: JunitCase, suite: string): readonly string[] {
  const open = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`;
  if (failure === undefined) return [`${open}/>`];
  const [first = ''] = failure.split('\n');
  return [
    `${open}>`,
    `      <failure message="${escaped(first)}">${escaped(failure)}</failure>`,
    '    </testcase>',
  ];
}

/** Characters that XML 1.0 does not have become a question mark. */
function escaped(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 && !'\t\n\r'.includes(character)) return '?';
    if (code === 0xfffe || code === 0xffff) return '?';
    return MARKS[character] ?? character;
  }).join('');
}

const MARKS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
