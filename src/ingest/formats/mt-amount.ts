import type { Currency } from '../../currency.ts';
import { type AmountResult, parseAmount } from '../../money.ts';

const COMMA = { decimal: ',', leadingSeparator: true, trailingSeparator: true } as const;
const POINT = { decimal: '.', leadingSeparator: true, trailingSeparator: true } as const;

/** Whether an amount is written with a decimal point, as some old files do against the standard. */
export function hasDecimalPoint(text: string): boolean {
  return text.includes('.') && !text.includes(',');
}

/** Reads an unsigned amount: `80,`, `7,5`, `,50`, `000000000147,50`, `80`. */
export function parseMtAmount(text: string, currency: Currency): AmountResult {
  return parseAmount(text, currency, hasDecimalPoint(text) ? POINT : COMMA);
}
