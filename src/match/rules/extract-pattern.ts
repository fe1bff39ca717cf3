/** The pattern as every engine reads it alike, or what is wrong with it. */
export type PatternResult = { readonly pattern: string } | { readonly problem: string };

const MAX_LENGTH = 200;
const MAX_COUNT = 255;
const MAX_VARIABLE_REPEATS = 5;
// One letter for many characters: written out, because engines differ about letters and digits beyond ASCII.
const SHORTHAND: Readonly<Record<string, string>> = {
  d: '0-9',
  w: 'A-Za-z0-9_',
  s: ' \\t\\n\\r',
};
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
const SYNTAX = new Set('\\^$.*+?()[]{}|/');

class PatternProblem extends Error {}

/**
 * Checks a pattern of `extract` and writes it so that Postgres, JavaScript and RE2 read it alike.
 *
 * Literals, classes, groups, alternatives, `^`, `$`, `.`, `?`, `*`, `+` and counts; no backreference, no lookaround, no
 * repetition inside a repetition: no text can make it slow. The first group is the key, else the whole find.
 */
export function parseExtractPattern(text: string): PatternResult {
  try {
    if (text.length > MAX_LENGTH) throw new PatternProblem(`it is longer than ${MAX_LENGTH}`);
    const pattern = new PatternReader(text).whole();
    if (new RegExp(pattern, 'su').test('')) throw new PatternProblem('it finds an empty text too');
    return { pattern };
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}

/** A part of a pattern as it is written anew, and what may not be repeated about it. */
interface Part {
  readonly text: string;
  readonly isVariable: boolean;
}

/** Reads a pattern by recursive descent. */
class PatternReader {
  readonly #characters: readonly string[];
  #next = 0;
  #groups = 0;
  #variableRepeats = 0;

  constructor(text: string) {
    this.#characters = [...text];
  }

  whole(): string {
    const { text } = this.#alternatives();
    if (this.#peek() === ')') throw new PatternProblem('")" closes nothing');
    return text;
  }

  #peek(): string | undefined {
    return this.#characters[this.#next];
  }

  #take(): string {
    const character = this.#characters[this.#next];
    if (character === undefined) throw new PatternProblem('it ends too early');
    this.#next += 1;
    return character;
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#next += 1;
    return true;
  }

  #alternatives(): Part {
    const branches = [this.#branch()];
    while (this.#takes('|')) branches.push(this.#branch());
    return {
      text: branches.map(({ text }) => text).join('|'),
      isVariable: branches.length > 1 || branches.some(({ isVariable }) => isVariable),
    };
  }

  #branch(): Part {
    const parts: Part[] = [];
    while (![undefined, '|', ')'].includes(this.#peek())) parts.push(this.#repeated());
    if (parts.length === 0) throw new PatternProblem('an alternative is empty');
    return {
      text: parts.map(({ text }) => text).join(''),
      isVariable: parts.some(({ isVariable }) => isVariable),
    };
  }

  #repeated(): Part {
    const atom = this.#atom();
    const count = this.#count();
    if (count === undefined) return atom;
    if (atom.text === '^' || atom.text === '$')
      throw new PatternProblem(`"${atom.text}" cannot be repeated`);
    if (['*', '+', '?', '{'].includes(this.#peek() ?? ''))
      throw new PatternProblem('a repetition is repeated, or lazy ("+?"); neither is known here');
    if (atom.isVariable && count.most > 1)
      throw new PatternProblem('a repetition inside a repetition may take for ever');
    const isVariable = count.least !== count.most;
    if (isVariable && count.most > 1) this.#variableRepeats += 1;
    if (this.#variableRepeats > MAX_VARIABLE_REPEATS)
      throw new PatternProblem(`it has more than ${MAX_VARIABLE_REPEATS} repetitions`);
    return { text: atom.text + count.text, isVariable: isVariable || atom.isVariable };
  }

  #count(): { readonly text: string; readonly least: number; readonly most: number } | undefined {
    if (this.#takes('?')) return { text: '?', least: 0, most: 1 };
    if (this.#takes('*')) return { text: '*', least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#takes('+')) return { text: '+', least: 1, most: Number.POSITIVE_INFINITY };
    if (!this.#takes('{')) return undefined;
    let inner = '';
    while (!this.#takes('}')) inner += this.#take();
    const found = /^(\d{1,3})(,(\d{1,3})?)?$/.exec(inner);
    if (!found) throw new PatternProblem(`"{${inner}}" is no count; write "\\{" for the character`);
    const least = Number(found[1]);
    const open = found[3] === undefined ? Number.POSITIVE_INFINITY : Number(found[3]);
    const most = found[2] === undefined ? least : open;
    const largest = Math.max(least, most === Number.POSITIVE_INFINITY ? least : most);
    if (largest > MAX_COUNT || most < least || most === 0)
      throw new PatternProblem(`"{${inner}}" must count up, to ${MAX_COUNT} at most`);
    return { text: `{${inner}}`, least, most };
  }

  #atom(): Part {
    const character = this.#take();
    if (character === '(') return this.#group();
    if (character === '[') return fixed(this.#class());
    if (character === '\\') return fixed(this.#escape());
    if (['*', '+', '?', '{'].includes(character))
      throw new PatternProblem(`"${character}" repeats nothing`);
    if (character === ']' || character === '}')
      throw new PatternProblem(`write "\\${character}" for the character`);
    if (['.', '^', '$'].includes(character)) return fixed(character);
    return fixed(literal(character));
  }

  #group(): Part {
    let opening = '(';
    if (this.#takes('?')) {
      if (!this.#takes(':'))
        throw new PatternProblem(
          '"(?" begins lookaround, a name or an option; only "(?:" is known',
        );
      opening = '(?:';
    } else {
      this.#groups += 1;
      if (this.#groups > 1)
        throw new PatternProblem('only one group can be the key; write "(?:" for the others');
    }
    const { text, isVariable } = this.#alternatives();
    if (!this.#takes(')')) throw new PatternProblem('a group is not closed');
    return { text: `${opening}${text})`, isVariable };
  }

  #escape(): string {
    const character = this.#take();
    const negated = SHORTHAND[character.toLowerCase()];
    if (SHORTHAND[character] !== undefined) return `[${SHORTHAND[character]}]`;
    if (negated !== undefined) return `[^${negated}]`;
    return literal(escaped(character));
  }

  #class(): string {
    const opening = this.#takes('^') ? '[^' : '[';
    let inner = '';
    while (!this.#takes(']')) inner += this.#member();
    if (inner === '') throw new PatternProblem('a class "[…]" is empty');
    return `${opening}${inner}]`;
  }

  #member(): string {
    const from = this.#single();
    if (from.length > 2) return from.slice(1);
    const isRange = this.#peek() === '-' && this.#characters[this.#next + 1] !== ']';
    if (!isRange) return inClass(from);
    this.#take();
    const to = this.#single();
    if (to.length > 2 || to < from)
      throw new PatternProblem(`the range "${from}-${to.slice(-1)}" of a class is none`);
    if (/[^A-Za-z0-9]/.test(from + to))
      throw new PatternProblem('a range of a class is of letters or digits');
    return `${from}-${to}`;
  }

  /** One character; of a shorthand all it stands for, behind a mark. */
  #single(): string {
    const character = this.#take();
    if (character === '[') throw new PatternProblem('write "\\[" inside a class');
    if (character !== '\\') return character;
    const next = this.#take();
    const shorthand = SHORTHAND[next];
    return shorthand === undefined ? escaped(next) : `\\${shorthand}`;
  }
}

function fixed(text: string): Part {
  return { text, isVariable: false };
}

function escaped(character: string): string {
  if (/^[0-9]$/.test(character)) throw new PatternProblem(`"\\${character}" refers back`);
  if (PUNCTUATION.test(character)) return character;
  throw new PatternProblem(`"\\${character}" is not known; known are \\d, \\w, \\s and signs`);
}

function literal(character: string): string {
  return SYNTAX.has(character) ? `\\${character}` : character;
}

function inClass(character: string): string {
  return ['\\', ']', '[', '^', '-'].includes(character) ? `\\${character}` : character;
}
