import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parseBusinessDate } from '../../business-date.ts';
import { compileDatePattern, isAmbiguousBeside } from '../../date-pattern.ts';
import { OperationalError } from '../../errors.ts';
import { isTimeZone } from '../../local-time.ts';
import { withBase } from './csv-extends.ts';
import {
  type CsvProfile,
  feeRules,
  headersOf,
  namesOf,
  namesOfAmount,
  type Place,
  type ValueName,
} from './csv-profile.ts';

let validator: ValidateFunction<CsvProfile> | undefined;

/** Compiled when a profile is read, not before: it takes longer than all of a small `parse`. */
function profileValidator(): ValidateFunction<CsvProfile> {
  const url = new URL('../profiles/profile.schema.json', import.meta.url);
  validator ??= new Ajv({ allErrors: false, strict: false }).compile<CsvProfile>(
    JSON.parse(readFileSync(url, 'utf8')) as object,
  );
  return validator;
}

/**
 * Checks a document as a profile; `where` (a file, a key of the configuration) begins every message.
 *
 * Throws `configuration` naming the key that is wrong.
 */
export function parseProfile(written: unknown, where: string): CsvProfile {
  const validate = profileValidator();
  const document = withBase(written, where);
  if (!validate(document)) throw wrong(where, problemOf(validate.errors ?? []));
  for (const problem of [
    ...undeclaredNames(document),
    ...clashes(document),
    ...numberProblems(document),
    ...dateProblems(document),
    ...tableProblems(document),
    ...roleProblems(document),
    ...payoutProblems(document),
  ]) {
    throw wrong(where, problem);
  }
  return document;
}

function wrong(where: string, problem: string): OperationalError {
  return new OperationalError('configuration', `${where}: ${problem}`);
}

/** The deepest error: of alternatives, the one that came furthest is the one that was meant. */
function problemOf(errors: readonly ErrorObject[]): string {
  const [error] = [...errors].sort(
    (left, right) => right.instancePath.split('/').length - left.instancePath.split('/').length,
  );
  if (error === undefined) return 'is not a profile';
  const place =
    error.instancePath === '' ? 'the top level' : error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties') {
    return `unknown key "${String(error.params.additionalProperty)}" in ${place}`;
  }
  if (error.keyword === 'enum') {
    const values = (error.params.allowedValues as readonly unknown[]).map(String).join(', ');
    return `${place} must be one of ${values}`;
  }
  return `${place} ${error.message ?? 'is wrong'}`;
}

/** Every use of a name, as a key of the profile and the name. */
function usesOf(profile: CsvProfile): readonly (readonly [string, ValueName])[] {
  const { entry, balances, payouts, dates, spreadsheet, table } = profile;
  const uses: [string, ValueName | undefined][] = [
    ['entry.account', entry.account],
    ['entry.batch', entry.batch],
    ['entry.gross_currency', entry.gross_currency],
    ['entry.rate', entry.rate],
    ['balances.opening', balances?.opening],
    ['balances.closing', balances?.closing],
    ['balances.running', balances?.running],
    ['payouts.reference', payouts?.reference],
  ];
  const add = (key: string, names: readonly ValueName[]) => {
    for (const name of names) uses.push([key, name]);
  };
  add('entry.type.of', typeof entry.type === 'string' ? [] : entry.type.of);
  add('entry.currency', namesOf(entry.currency));
  add('entry.status.of', typeof entry.status === 'object' ? namesOf(entry.status.of) : []);
  add('numbers.columns', Object.keys(profile.numbers.columns ?? {}));
  add('entry.booking_date', namesOf(entry.booking_date));
  add('entry.value_date', namesOf(entry.value_date));
  add('payouts.date', namesOf(payouts?.date));
  add('entry.net', namesOfAmount(entry.net));
  add('entry.gross', namesOfAmount(entry.gross));
  for (const { kind, rule } of feeRules(profile)) add(`entry.fees.${kind}`, namesOfAmount(rule));
  for (const { sum, equals } of entry.checks ?? []) {
    add('entry.checks', [...sum, equals].flatMap(namesOfAmount));
  }
  add('payouts.declared', namesOfAmount(payouts?.declared));
  for (const rule of Object.values(payouts?.unlisted ?? {})) {
    add('payouts.unlisted', namesOfAmount(rule));
  }
  add('entry.fees_total', namesOfAmount(entry.fees_total));
  for (const [key, texts] of [['entry', entry] as const, ...Object.entries(entry.by_type ?? {})]) {
    const { external_id, reference, original_reference, counterparty, narrative } = texts;
    for (const rule of [external_id, reference, original_reference, counterparty, narrative]) {
      add(key, namesOf(rule));
    }
  }
  for (const { when = [], of } of entry.identity ?? []) {
    add('entry.identity', [...when, ...of.filter((name) => !name.startsWith('$'))]);
  }
  add('dates.zone.column', typeof dates.zone === 'object' ? [dates.zone.column] : []);
  add('spreadsheet.check', spreadsheet?.check ?? []);
  add('table.signature', table?.signature ?? []);
  add('optional', profile.optional ?? []);
  return uses.flatMap(([key, name]) => (name === undefined ? [] : [[key, name] as const]));
}

function contextNames(profile: CsvProfile): readonly ValueName[] {
  const rows = Object.values(profile.sections?.rows ?? {});
  return rows.flatMap((row) => (typeof row === 'string' ? [] : Object.keys(row.set ?? {})));
}

function undeclaredNames(profile: CsvProfile): readonly string[] {
  const declared = new Set([
    ...Object.keys(profile.columns),
    ...Object.keys(profile.constants ?? {}),
    ...Object.keys(profile.metadata ?? {}),
    ...contextNames(profile),
  ]);
  const columns = new Set(Object.keys(profile.columns));
  const undeclared = usesOf(profile).filter(([, name]) => !declared.has(name));
  const places = placesOf(profile).filter(
    (place) => typeof place === 'string' && !columns.has(place),
  );
  return [
    ...undeclared.map(([key, name]) => `${key} uses "${name}", which nothing declares`),
    ...places.map((place) => `sections uses "${place}", which is no column`),
  ];
}

function placesOf({ sections }: CsvProfile): readonly Place[] {
  if (sections === undefined) return [];
  const ofRows = Object.values(sections.rows).flatMap((row) => {
    if (typeof row === 'string') return [];
    const sums = (row.sums ?? []).flatMap(({ at, currency }) => [at, currency]);
    return [...Object.values(row.set ?? {}), row.count, ...sums];
  });
  return [sections.column, ...ofRows].filter((place) => place !== undefined);
}

function clashes(profile: CsvProfile): readonly string[] {
  const owner = new Map<string, ValueName>();
  const problems: string[] = [];
  for (const column of Object.keys(profile.columns)) {
    for (const header of headersOf(profile, column)) {
      const other = owner.get(header);
      if (other !== undefined) {
        problems.push(`columns.${column} and columns.${other} both name the header "${header}"`);
      }
      owner.set(header, column);
    }
  }
  const others = [
    ...Object.keys(profile.constants ?? {}),
    ...Object.keys(profile.metadata ?? {}),
    ...contextNames(profile),
  ];
  const twice = others.filter((name) => Object.hasOwn(profile.columns, name));
  return [...problems, ...twice.map((name) => `"${name}" is a column and something else too`)];
}

function numberProblems({ numbers, role }: CsvProfile): readonly string[] {
  const problems: string[] = [];
  if (numbers.decimal === numbers.group) {
    problems.push('numbers.group is the decimal separator too');
  }
  if (numbers.exponents !== undefined && numbers.unit !== 'minor') {
    problems.push('numbers.exponents says something only with numbers.unit: minor');
  }
  if (numbers.extra_decimals !== undefined && numbers.unit === 'minor') {
    problems.push('numbers.extra_decimals says something only of major units');
  }
  if (numbers.extra_decimals !== undefined && role === 'bank') {
    problems.push('numbers.extra_decimals: an account is moved by whole minor units');
  }
  return problems;
}

function payoutProblems({ columns, payouts }: CsvProfile): readonly string[] {
  if (payouts?.unlisted === undefined) return [];
  const names = Object.values(payouts.unlisted).flatMap((rule) => namesOfAmount(rule));
  const ofRows = names.filter((name) => Object.hasOwn(columns, name));
  const problems = ofRows.map((name) => `payouts.unlisted uses "${name}", which every row has`);
  if (payouts.declared !== undefined) return problems;
  return [...problems, 'payouts.unlisted needs payouts.declared, which proves it'];
}

function dateProblems({ dates }: CsvProfile): readonly string[] {
  const problems: string[] = [];
  for (const pattern of dates.patterns) {
    const found = compileDatePattern(pattern, dates.months);
    if (typeof found === 'string') problems.push(`dates.patterns "${pattern}" ${found}`);
  }
  for (const [index, pattern] of dates.patterns.entries()) {
    const other = dates.patterns.slice(0, index).find((one) => isAmbiguousBeside(one, pattern));
    if (other === undefined) continue;
    problems.push(`dates.patterns "${other}" and "${pattern}" read one text as different days`);
  }
  const names = typeof dates.zone === 'object' ? Object.values(dates.zone.names ?? {}) : [];
  const zones = [
    ...(typeof dates.zone === 'string' ? [dates.zone] : names),
    ...(dates.day_in === undefined ? [] : [dates.day_in]),
  ];
  const unknown = zones.filter((zone) => !isTimeZone(zone));
  const hasOffset = dates.patterns.some((pattern) => pattern.includes('Z'));
  if (dates.day_in !== undefined && dates.zone === undefined && !hasOffset) {
    problems.push('dates.day_in needs dates.zone, or a pattern with an offset (Z)');
  }
  for (const bound of ['earliest', 'latest'] as const) {
    const day = dates[bound];
    if (day === undefined || parseBusinessDate(day) !== undefined) continue;
    problems.push(`dates.${bound} "${day}" is not a day of the calendar`);
  }
  return [...problems, ...unknown.map((zone) => `dates: "${zone}" is not an IANA time zone`)];
}

function roleProblems({ role, balances, payouts }: CsvProfile): readonly string[] {
  if (role === 'bank' && payouts !== undefined)
    return ['payouts says something only of a processor'];
  const isOdd = balances?.opening !== undefined || balances?.closing !== undefined;
  return role === 'processor' && isOdd
    ? ['balances.opening and balances.closing say something only of a bank']
    : [];
}

function tableProblems(profile: CsvProfile): readonly string[] {
  const { table = {}, columns, sections } = profile;
  const byHeader = Object.keys(columns).filter((name) => typeof columns[name] !== 'number');
  if (sections !== undefined) return [];
  if (table.header === false) {
    const problems = byHeader.map(
      (name) => `columns.${name} must be a position: table.header is false`,
    );
    return table.width === undefined
      ? [...problems, 'table.width is needed where there is no header']
      : problems;
  }
  const byPosition = Object.keys(columns).filter((name) => typeof columns[name] === 'number');
  return [
    ...byPosition.map((name) => `columns.${name} must be a header: the table has one`),
    ...(table.signature === undefined ? ['table.signature is needed to recognise a file'] : []),
  ];
}
