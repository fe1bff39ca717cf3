import fc from 'fast-check';

/** How the day on which money can be used is written, and what it says. */
interface Funds {
  readonly fields: readonly string[];
  readonly valueDate: string | null;
}

interface Detail {
  readonly typeCode: string;
  /** Signed; written without its sign, which the type code tells. */
  readonly amountMinor: bigint;
  readonly funds: Funds;
  readonly externalId: string | null;
  readonly reference: string | null;
  readonly narrative: string | null;
}

interface Account {
  readonly account: string;
  readonly currency: string;
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  readonly details: readonly Detail[];
}

/** A BAI2 file as facts, and the way they are laid out in records. */
interface BaiFile {
  readonly accounts: readonly Account[];
  /** Taken in turn at every place where the standard leaves a choice. */
  readonly choices: readonly number[];
}

const GROUP_DAY = '2026-03-02';
const CREDITS = ['108', '142', '195', '399', '721', '930', '959'];
const DEBITS = ['401', '451', '475', '699', '760', '960', '999'];
const RECORD_ENDS = ['/\n', '/   \n', '/\r\n', '/ ', '/    ', '\n'];

const digits = fc.stringMatching(/^\d{1,12}$/);
const reference = fc.option(fc.stringMatching(/^[A-Z0-9][A-Z0-9 ./-]{0,10}[A-Z0-9/]$/));
// Without digits, so that no text is by chance shaped like the record after it.
const word = fc.stringMatching(/^[A-Z.:-][A-Z,./:-]{0,12}$/);
const narrative = fc.option(
  fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' ')),
);

const funds: fc.Arbitrary<Funds> = fc.oneof(
  fc.constantFrom('', 'Z', '1', '2').map((type) => ({ fields: [type], valueDate: null })),
  fc.constant({ fields: ['0'], valueDate: GROUP_DAY }),
  fc
    .tuple(fc.integer({ min: 1, max: 28 }), fc.constantFrom('', '0900', '2400', '9999'))
    .map(([day, time]) => {
      const text = String(day).padStart(2, '0');
      return { fields: ['V', `2603${text}`, time], valueDate: `2026-03-${text}` };
    }),
  fc
    .tuple(digits, fc.constant(''), digits)
    .map((amounts) => ({ fields: ['S', ...amounts], valueDate: null })),
  fc.array(fc.tuple(fc.constantFrom('0', '1', '15'), digits), { maxLength: 4 }).map((pairs) => ({
    fields: ['D', String(pairs.length), ...pairs.flat()],
    valueDate: null,
  })),
);

const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
const detail: fc.Arbitrary<Detail> = fc
  .tuple(fc.constantFrom(...CREDITS, ...DEBITS), amount, funds, reference, reference, narrative)
  .map(([typeCode, magnitude, ...[told, externalId, own, text]]) => ({
    typeCode,
    amountMinor: CREDITS.includes(typeCode) ? magnitude : 0n - magnitude,
    funds: told,
    externalId,
    reference: own,
    narrative: text,
  }));

const account: fc.Arbitrary<Account> = fc
  .tuple(
    fc.stringMatching(/^[A-Z0-9]{1,16}$/),
    fc.constantFrom('USD', 'JPY', 'KWD', 'EUR'),
    fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
    fc.array(detail, { maxLength: 8 }),
  )
  .map(([number, currency, openingMinor, details]) => ({
    account: number,
    currency,
    openingMinor,
    closingMinor: details.reduce((sum, { amountMinor }) => sum + amountMinor, openingMinor),
    details,
  }));

/** Any file of one group that ties out. */
export const baiFile: fc.Arbitrary<BaiFile> = fc.record({
  accounts: fc.array(account, { maxLength: 5 }),
  choices: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 60 }),
});

/** Writes the file with its control totals; where records end and go on is chosen anew for each. */
export function writeBai(file: BaiFile): string {
  const writer = new BaiWriter(file.choices);
  writer.write(['01', 'BANK', 'SHOP', '260303', '0605', '1', '80', '1', '2']);
  writer.write(['02', 'SHOP', 'BANK', '1', '260302', '2400', '', '2']);
  let total = 0n;
  for (const one of file.accounts) total += writeAccount(writer, one);
  const accounts = file.accounts.length;
  writer.write(['98', String(total), String(accounts), String(writer.records + 1)], 4);
  // The header and this trailer stand around the group.
  writer.write(['99', String(total), '1', String(writer.records + 2)], 4);
  return writer.text;
}

function writeAccount(writer: BaiWriter, one: Account): bigint {
  const before = writer.records;
  const { openingMinor, closingMinor } = one;
  const summaries = ['010', signed(openingMinor), '', '', '015', String(closingMinor), '', 'Z'];
  const available = ['040', '7', '1', 'S', '3', '', '4', '100', '', '', '', '045', '+5', '', ''];
  writer.write(['03', one.account, one.currency, ...summaries, ...available], 4);
  let total = openingMinor + closingMinor + 12n;
  for (const { typeCode, amountMinor, ...told } of one.details) {
    const magnitude = amountMinor < 0n ? -amountMinor : amountMinor;
    const references = [told.externalId ?? '', told.reference ?? ''];
    const fields = ['16', typeCode, String(magnitude), ...told.funds.fields, ...references];
    writer.write([...fields, ...(told.narrative ?? '').split(' ')], 4, fields.length);
    total += magnitude;
  }
  writer.write(['49', String(total), String(writer.records - before + 1)], 3);
  return total;
}

function signed(amountMinor: bigint): string {
  return amountMinor < 0n ? String(amountMinor) : `+${String(amountMinor).padStart(18, '0')}`;
}

class BaiWriter {
  text = '';
  /** Physical records of the group, its own header included. */
  records = -1;
  private readonly choices: readonly number[];
  private taken = 0;

  constructor(choices: readonly number[]) {
    this.choices = choices;
  }

  /** Writes fields, continued anywhere behind the first `kept`; from `textFrom` on they are words of one text. */
  write(fields: readonly string[], kept = fields.length, textFrom = fields.length + 1): void {
    let record = '';
    for (const [index, field] of fields.entries()) {
      if (index >= kept && this.choose(5) === 0) {
        this.end(record, index > textFrom);
        record = `88,${field}`;
      } else {
        const separator = index > textFrom ? ' ' : ',';
        record = index === 0 ? field : record + separator + field;
      }
    }
    this.end(record, fields.length > textFrom);
  }

  private end(record: string, isInText: boolean): void {
    const end = RECORD_ENDS[this.choose(RECORD_ENDS.length)] ?? '/\n';
    // A slash that is the text's own would be taken for the end of the record.
    const isSlashNeeded = record.endsWith('/') || !isInText;
    this.text += record + (end === '\n' && isSlashNeeded ? '/\n' : end);
    this.records += 1;
  }

  private choose(below: number): number {
    const choice = this.choices[this.taken % this.choices.length] ?? 0;
    this.taken += 1;
    return choice % below;
  }
}
