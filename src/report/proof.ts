import { formatMoney } from '../money.ts';

/** The equations a run closed with, as it stored them. */
export interface Proof {
  readonly closes: boolean;
  readonly equations: readonly Equation[];
}

/** An equation as a person reads it: sides with a currency are money, the others are counts. */
export interface Equation {
  readonly id: string;
  readonly text: string;
  readonly left: string;
  readonly right: string;
  readonly closes: boolean;
}

/** Reads the proof out of a run's stored result; `null` when there is none. */
export function proofIn(result: unknown): Proof | null {
  const proof = fieldOf(result, 'proof');
  const equations = fieldOf(proof, 'equations');
  if (!Array.isArray(equations)) return null;
  return { closes: fieldOf(proof, 'closes') === true, equations: equations.map(equationOf) };
}

function equationOf(stored: unknown): Equation {
  const text = (name: string) => String(fieldOf(stored, name) ?? '');
  const side = (name: string) => sideOf(text(name), text('currency'));
  return {
    id: text('id'),
    text: text('text'),
    left: side('left'),
    right: side('right'),
    closes: fieldOf(stored, 'closes') === true,
  };
}

function sideOf(value: string, currency: string): string {
  const isMoney = currency !== '' && /^-?\d+$/.test(value);
  return isMoney ? formatMoney({ amountMinor: BigInt(value), currency }) : value;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
