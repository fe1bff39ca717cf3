import type { ReferenceKind } from '../record.ts';
import { type CodedValues, codedReference, plusCodes, slashCodes } from './mt-codes.ts';
import { parseSubFields, type SubFields } from './mt-subfields.ts';

/** What field 86 (or the German `:NS:`) says of an entry. */
export interface Narrative {
  readonly text: string | null;
  readonly counterparty: string | null;
  readonly counterpartyAccount: string | null;
  /** The end-to-end reference, from `EREF+` or `/EREF/`. */
  readonly endToEnd: string | null;
  readonly references: Readonly<Partial<Record<ReferenceKind, string>>>;
  readonly creditorReference: string | null;
  /** The German business transaction code (GVC). */
  readonly transactionCode: string | null;
  readonly returnReason: string | null;
  /** Code words between slashes, for amounts among them. */
  readonly codes: CodedValues;
}

type Kinds = readonly { readonly word: string; readonly kind: ReferenceKind }[];
type References = Partial<Record<ReferenceKind, string>>;

const PLUS_KINDS: Kinds = [
  { word: 'KREF', kind: 'instruction' },
  { word: 'MREF', kind: 'mandate' },
  { word: 'CRED', kind: 'creditor' },
];
const SLASH_KINDS: Kinds = [
  { word: 'MARF', kind: 'mandate' },
  { word: 'CSID', kind: 'creditor' },
  { word: 'PREF', kind: 'payment-information' },
];

/** Returns by GVC: of direct debits, of credit transfers, and what is credited again. Elsewhere `?34` is no reason. */
const RETURN_CODES = new Set(['108', '109', '159', '160', '181', '184']);

const NO_REFERENCES = Object.freeze({});
const NO_CODES: CodedValues = new Map();

/** The first line of old ABN AMRO narratives: account and name in a column of 32 characters. */
const ABN_PARTY = /^(?:GIRO +(\d{1,10})|(\d{2}\.\d{2}\.\d{2}\.\d{3})) +(\S.*)$/;
const ABN_COLUMN = 32;

/**
 * Reads a narrative whose lines are joined by `\n`.
 *
 * Lines are unfolded without a separator, because banks cut at a column, inside words and code words.
 * The text is what the field writes; of German sub-fields the purpose, joined, because nothing else can be searched.
 */
export function parseNarrative(text: string): Narrative {
  const unfolded = text.includes('\n') ? text.replaceAll('\n', '') : text;
  const fields = parseSubFields(unfolded);
  return fields === undefined ? freeNarrative(unfolded) : structuredNarrative(fields);
}

/** Reads `:NS:`, one sub-field a line: 01–14 purpose, 15 and 16 the other party's name. */
export function parseNonSwift(text: string): Narrative {
  let purpose = '';
  let name = '';
  for (const line of text.split('\n')) {
    const code = Number(line.slice(0, 2));
    if (code >= 1 && code <= 14) purpose += line.slice(2);
    else if (code === 15 || code === 16) name += line.slice(2);
  }
  const codes = plusCodes(purpose);
  return {
    text: purpose || null,
    counterparty: name || null,
    counterpartyAccount: accountOf(codes),
    endToEnd: codedReference(codes.get('EREF')),
    references: referencesOf(codes, NO_CODES),
    creditorReference: null,
    transactionCode: null,
    returnReason: null,
    codes: NO_CODES,
  };
}

function structuredNarrative(fields: SubFields): Narrative {
  const { purpose, transactionCode } = fields;
  const plus = plusCodes(purpose);
  const slash = slashCodes(purpose);
  const isReturn = transactionCode !== null && RETURN_CODES.has(transactionCode);
  return {
    text: purpose.trim() || fields.kind || null,
    counterparty: fields.name || null,
    counterpartyAccount: fields.account || accountOf(plus) || accountOf(slash),
    endToEnd: codedReference(plus.get('EREF')) ?? codedReference(slash.get('EREF')),
    references: referencesOf(plus, slash),
    creditorReference: null,
    transactionCode,
    returnReason: isReturn ? fields.extension || null : null,
    codes: slash,
  };
}

function freeNarrative(text: string): Narrative {
  const plus = plusCodes(text);
  const slash = slashCodes(text);
  const [partyAccount, , partyName] = slash.get('CNTP')?.split('/') ?? [];
  const [, giro, account, abnName] = ABN_PARTY.exec(text.slice(0, ABN_COLUMN)) ?? [];
  const [kind, , structured] = slash.get('REMI')?.split('/') ?? [];
  return {
    text: text.trim() || null,
    counterparty:
      slash.get('NAME') ||
      partyName ||
      slash.get('ORDP') ||
      slash.get('BENM') ||
      abnName?.trim() ||
      null,
    counterpartyAccount:
      accountOf(slash) ||
      partyAccount ||
      accountOf(plus) ||
      giro ||
      account?.replaceAll('.', '') ||
      null,
    endToEnd: codedReference(plus.get('EREF')) ?? codedReference(slash.get('EREF')),
    references: referencesOf(plus, slash),
    creditorReference: kind === 'STRD' ? structured || null : null,
    transactionCode: null,
    returnReason: slash.get('RTRN')?.split('/')[0] || null,
    codes: slash,
  };
}

/** An IBAN under its code, without blanks; a person may write the word too, so it must look like one. */
function accountOf(codes: CodedValues): string | null {
  const text = codes.get('IBAN')?.replaceAll(' ', '') ?? '';
  return /^[A-Z]{2}\d{2}[A-Z0-9]{8,30}/.exec(text)?.[0] ?? null;
}

function referencesOf(plus: CodedValues, slash: CodedValues): Narrative['references'] {
  if (plus.size === 0 && slash.size === 0) return NO_REFERENCES;
  const references: References = {};
  takeReferences(references, plus, PLUS_KINDS);
  takeReferences(references, slash, SLASH_KINDS);
  return references;
}

function takeReferences(references: References, codes: CodedValues, kinds: Kinds): void {
  if (codes.size === 0) return;
  for (const { word, kind } of kinds) {
    const reference = codedReference(codes.get(word));
    if (reference !== null) references[kind] ??= reference;
  }
}
