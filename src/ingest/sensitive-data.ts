import { isCardNumber, maskCardNumbers } from '../card-number.ts';

/** What must never be kept after a payment was authorised (PCI DSS 3.3.1), and where it begins. */
export interface SensitiveFinding {
  readonly field: string;
  /** In characters of the scanned text. */
  readonly at: number;
}

/** As long as a line may be to be looked at whole; of a longer one, its end. */
const LONGEST_LINE = 4_096;

const TRACK_1 = /%B\d{1,19}\^[^^\r\n]{2,26}\^\d{4}/;
const MAY_BE_CODE = /[Cc][VvSsAaIi][VvCcDd]|[Pp][Ii][Nn][ _-]?[Bb][Ll]/;
/** Before a blank only the one that means nothing else: CVC is also a name. */
const CODE =
  /(?<![A-Za-z0-9])(CVV2?|CVC2?|CAV2?)(?:["']?\s*[:=]\s*["']?|(?<=CVV2?)\s{1,3})\d{3,4}(?![\d.,/-]?\d)/i;
const CODE_ELEMENT = /<(?:\w+:)?(CVV2?|CVC2?|CAV2?|CSC|CSCVal)>\s*\d{3,4}\s*</i;
const PIN_BLOCK = /(?<![A-Za-z0-9])(PIN[ _-]?BLO?CK)["']?\s*[:=]\s*["']?[0-9A-F]{16}(?![0-9A-F])/i;
const PIN_ELEMENT = /<(?:\w+:)?(PINBlck|NcrptdPINBlck|PINBlock)>\s*\S/i;
/** Three letters that mean much else; only beside a card number are they its code. */
const CARD_ID = /(?<![A-Za-z0-9])(CID)["']?\s*[:=]\s*["']?\d{3,4}(?![\d.,/-]?\d)/;

const CODE_COLUMN =
  /^(?:card[ _-]?)?(?:cvv2?|cvc2?|cav2?|csc)$|^card (?:verification|security) (?:code|value)$/i;
const ID_COLUMN = /^cid$/i;
const PIN_COLUMN = /^(?:encrypted[ _-]?)?pin[ _-]?block$/i;

interface Column {
  readonly name: string;
  readonly place: number;
  readonly value: RegExp;
  readonly onlyBesideCard: boolean;
}

/**
 * Looks for track data, card verification codes and PIN blocks in text that comes in chunks.
 *
 * A verification code is told by its name before it (`CVV: 123`), by its element, or by its column of a delimited file;
 * `CID` counts only on a line that also holds a card number. A column without values is nothing.
 */
export class SensitiveScan {
  #line = '';
  #at = 0;
  #delimiter: string | undefined;
  #columns: readonly Column[] = [];
  #width = 0;
  #isHeaderKnown = false;

  /** The first finding in the text up to here; chunks may break anywhere. */
  write(chunk: string): SensitiveFinding | undefined {
    const line = this.#line;
    const start = this.#at - line.length;
    this.#at += chunk.length;
    if (!this.#isHeaderKnown) this.#readHeader(line + chunk);
    const next = chunk.lastIndexOf('\n');
    this.#line = (next < 0 ? line + chunk : chunk.slice(next + 1)).slice(-LONGEST_LINE);
    const found = this.#columns.length > 0 ? this.#inColumns(line + chunk) : undefined;
    // Put together whole, the text would be copied: that takes longer than to search it.
    const atSeam = findingIn(line + chunk.slice(0, LONGEST_LINE));
    if (found !== undefined || atSeam !== undefined) return placed(found ?? atSeam, start);
    return placed(findingIn(chunk), this.#at - chunk.length);
  }

  #readHeader(text: string): void {
    const header = text.split(/\r?\n|\r/, 1)[0] ?? '';
    this.#isHeaderKnown = header.length < text.length || text.length > LONGEST_LINE;
    this.#delimiter = [',', ';', '\t', '|'].find((one) => header.includes(one));
    if (this.#delimiter === undefined || /^\s*</.test(header)) return;
    const cells = cellsOf(header.replace(/^\uFEFF|^\u00EF\u00BB\u00BF/, ''), this.#delimiter);
    this.#width = cells.length;
    this.#columns = cells.flatMap((name, place) => columnOf(name, place));
  }

  #inColumns(text: string): SensitiveFinding | undefined {
    if (this.#delimiter === undefined) return undefined;
    let at = 0;
    for (const line of text.split('\n')) {
      const cells = cellsOf(line.trimEnd(), this.#delimiter);
      const column = this.#columns.find(
        ({ place, value, onlyBesideCard }) =>
          value.test(cells[place] ?? '') && (!onlyBesideCard || holdsCardNumber(line)),
      );
      if (column !== undefined && cells.length === this.#width) return { field: column.name, at };
      at += line.length + 1;
    }
    return undefined;
  }
}

function placed(found: SensitiveFinding | undefined, start: number): SensitiveFinding | undefined {
  return found === undefined ? undefined : { ...found, at: start + found.at };
}

function columnOf(name: string, place: number): readonly Column[] {
  if (CODE_COLUMN.test(name)) return [{ name, place, value: /^\d{3,4}$/, onlyBesideCard: false }];
  if (ID_COLUMN.test(name)) return [{ name, place, value: /^\d{3,4}$/, onlyBesideCard: true }];
  if (PIN_COLUMN.test(name)) {
    return [{ name, place, value: /^[0-9A-F]{16}$/i, onlyBesideCard: false }];
  }
  return [];
}

function cellsOf(line: string, delimiter: string): readonly string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  return [...cells, cell.trim()];
}

function findingIn(text: string): SensitiveFinding | undefined {
  if (text.includes('%B')) {
    const track = TRACK_1.exec(text);
    if (track !== null) return { field: 'track 1', at: track.index };
  }
  const track = track2In(text);
  if (track !== undefined) return { field: 'track 2', at: track };
  return MAY_BE_CODE.test(text) ? codeIn(text) : undefined;
}

function codeIn(text: string): SensitiveFinding | undefined {
  for (const pattern of [CODE, CODE_ELEMENT, PIN_BLOCK, PIN_ELEMENT]) {
    const found = pattern.exec(text);
    if (found !== null) return { field: found[1] ?? '', at: found.index };
  }
  let at = 0;
  for (const line of text.split('\n')) {
    const found = CARD_ID.exec(line);
    if (found !== null && holdsCardNumber(line)) return { field: 'CID', at: at + found.index };
    at += line.length + 1;
  }
  return undefined;
}

/** `;` card number `=` expiry and more (ISO/IEC 7813). */
function track2In(text: string): number | undefined {
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    const code = text.charCodeAt(at - 1);
    if (!(code >= 48 && code <= 57)) continue;
    const number = /;(\d{12,19})$/.exec(text.slice(Math.max(0, at - 20), at))?.[1];
    if (number === undefined || !isCardNumber(number)) continue;
    if (/^\d{4}/.test(text.slice(at + 1, at + 5))) return at - number.length - 1;
  }
  return undefined;
}

function holdsCardNumber(text: string): boolean {
  return maskCardNumbers(text, null) !== text;
}
