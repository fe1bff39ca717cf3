import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Side } from '../rules/fields.ts';
import {
  type Problem,
  readLocated,
  refusalOf,
  schemaProblems,
  unstorableTexts,
} from '../rules/located-document.ts';
import type { DocumentPath } from '../rules/read-rule.ts';
import type { RulePack } from '../rules/rule.ts';
import {
  givenFields,
  isItemSide,
  type RowFields,
  RowProblem,
  type TrialEntry,
  type TrialItem,
  type TrialRows,
  trialEntry,
  trialItem,
} from './trial-rows.ts';

/** A group that a case expects, or that the rules made: its rows by name in their order. */
export interface NamedTie {
  readonly rows: readonly string[];
  /** Without version. */
  readonly rule: string;
  readonly certificate: string;
  readonly status: 'confirmed' | 'suggested';
}

/** A claim about a pack: rows, and every group that it makes of them. */
export interface RuleCase {
  readonly name: string;
  /** Where it stands in the file: `:12:5`. */
  readonly place: string;
  readonly rows: TrialRows;
  readonly expect: readonly NamedTie[];
}

export interface RuleCases {
  readonly pack: RulePack;
  readonly cases: readonly RuleCase[];
}

interface GroupDocument {
  readonly left: string | readonly string[];
  readonly right: string | readonly string[];
  readonly rule: string;
  readonly certificate?: string;
  readonly status?: 'confirmed' | 'suggested';
}

type Rows = Readonly<Record<string, RowFields>>;

interface CaseDocument {
  readonly name: string;
  readonly left?: Rows;
  readonly right?: Rows;
  readonly expect?: readonly GroupDocument[];
  readonly open?: readonly string[];
}

interface CasesDocument {
  readonly rulepack: string;
  readonly defaults?: { readonly left?: RowFields; readonly right?: RowFields };
  readonly cases: readonly CaseDocument[];
}

let validator: ValidateFunction<CasesDocument> | undefined;

function casesValidator(): ValidateFunction<CasesDocument> {
  const url = new URL('./rule-cases.schema.json', import.meta.url);
  validator ??= new Ajv({
    allErrors: true,
    verbose: true,
    strict: false,
  }).compile<CasesDocument>(JSON.parse(readFileSync(url, 'utf8')) as object);
  return validator;
}

/**
 * Reads a file of rule cases from YAML; `findPack` reads the pack that it names.
 *
 * Throws `configuration` that tells each problem with file, line, column and the place in the file.
 */
export function parseRuleCases(
  text: string,
  where: string,
  findPack: (name: string) => RulePack,
): RuleCases {
  const { value: document, locate } = readLocated(text, where);
  const refuse = (problems: readonly Problem[]) => refusalOf(problems, { document, where, locate });
  const validate = casesValidator();
  if (!validate(document)) throw refuse(schemaProblems(validate.errors ?? [], document));
  const problems: Problem[] = unstorableTexts(document, []);
  if (problems.length > 0) throw refuse(problems);
  const pack = findPack(document.rulepack);
  const reading = new Reading(pack, document, problems);
  const cases = document.cases.map((one, index) => ({
    ...reading.caseOf(one, ['cases', index]),
    place: locate(['cases', index]),
  }));
  if (problems.length > 0) throw refuse(problems);
  return { pack, cases };
}

class Reading {
  readonly #pack: RulePack;
  readonly #document: CasesDocument;
  readonly #problems: Problem[];

  constructor(pack: RulePack, document: CasesDocument, problems: Problem[]) {
    this.#pack = pack;
    this.#document = document;
    this.#problems = problems;
  }

  caseOf(document: CaseDocument, path: DocumentPath): Omit<RuleCase, 'place'> {
    const rows = [...this.#side(document, 'left', path), ...this.#side(document, 'right', path)];
    this.#refuseTwins(document, path);
    const expect = (document.expect ?? []).map((group, index) =>
      this.#group(group, document, [...path, 'expect', index]),
    );
    this.#refuseForgotten(document, expect, path);
    return {
      name: document.name,
      rows: {
        entries: rows.filter((row): row is TrialEntry => 'role' in row),
        items: rows.filter((row): row is TrialItem => 'itemId' in row),
      },
      expect,
    };
  }

  #side(
    document: CaseDocument,
    side: Side,
    path: DocumentPath,
  ): readonly (TrialEntry | TrialItem)[] {
    const place = { context: this.#pack.context, side };
    const known = givenFields(place.context, side);
    return Object.entries(document[side] ?? {}).flatMap(
      ([name, own]): (TrialEntry | TrialItem)[] => {
        const at = [...path, side, name];
        for (const field of Object.keys(own).filter((field) => !known.includes(field)))
          this.#tell([...at, field], `is no field of this side; known are ${known.join(', ')}`);
        const defaults = this.#document.defaults?.[side] ?? {};
        try {
          const fields = { ...defaults, ...own };
          return isItemSide(place.context, side)
            ? [trialItem(name, fields, place)]
            : [trialEntry(name, fields, place)];
        } catch (error) {
          if (!(error instanceof RowProblem)) throw error;
          this.#tell([...at, error.field], error.message);
          return [];
        }
      },
    );
  }

  #refuseTwins({ left = {}, right = {} }: CaseDocument, path: DocumentPath): void {
    for (const name of Object.keys(right).filter((one) => Object.hasOwn(left, one)))
      this.#tell([...path, 'right', name], 'is the name of a row on the left too');
  }

  #group(group: GroupDocument, document: CaseDocument, path: DocumentPath): NamedTie {
    if (!this.#pack.rules.some(({ id }) => id === group.rule))
      this.#tell([...path, 'rule'], `names no rule of ${this.#pack.pack}: ${group.rule}`);
    const rows = (['left', 'right'] as const).flatMap((side) => {
      const names = typeof group[side] === 'string' ? [group[side]] : [...group[side]];
      for (const name of names.filter((one) => !Object.hasOwn(document[side] ?? {}, one)))
        this.#tell([...path, side], `names no row on the ${side}: ${name}`);
      return names;
    });
    return {
      rows: rows.toSorted(),
      rule: group.rule,
      certificate: group.certificate ?? 'UNIQUE',
      status: group.status ?? 'confirmed',
    };
  }

  /** Every row is in a group or open: what a case does not say, it would not notice either. */
  #refuseForgotten(
    { left = {}, right = {}, open = [] }: CaseDocument,
    expect: readonly NamedTie[],
    path: DocumentPath,
  ): void {
    const all = [...Object.keys(left), ...Object.keys(right)];
    const grouped = new Set(expect.flatMap(({ rows }) => rows));
    if (all.length === 0) this.#tell(path, 'has no rows');
    for (const name of all.filter((one) => !grouped.has(one) && !open.includes(one)))
      this.#tell(path, `says nothing of the row ${name}: it is in no group of expect and not open`);
    for (const [index, name] of open.entries()) {
      if (!all.includes(name)) this.#tell([...path, 'open', index], `names no row: ${name}`);
      else if (grouped.has(name))
        this.#tell([...path, 'open', index], `is in a group of expect: ${name}`);
    }
  }

  #tell(path: DocumentPath, text: string): void {
    this.#problems.push({ path, text });
  }
}
