import type { Config } from '../src/config.ts';
import { type Currency, currencyExponent } from '../src/currency.ts';
import { OperationalError } from '../src/errors.ts';
import { parseAmount } from '../src/money.ts';

/** The currency of `--currency`, or the one of the book. */
export function currencyOption(text: string | undefined, config: Config): Currency {
  const currency = text ?? config.currency;
  if (currencyExponent(currency) !== undefined) return currency;
  throw new OperationalError('usage', `currency "${currency}" is not in use (ISO 4217)`);
}

/** An amount in major units, in minor ones; it may be negative. */
export function amountOption(name: string, text: string, currency: Currency): bigint {
  const amount = parseAmount(text, currency, { decimal: '.' });
  if (amount.ok) return amount.amountMinor;
  throw new OperationalError('usage', `${name} "${text}" is not an amount of ${currency}`, {
    context: { reason: amount.reason },
  });
}

/** An amount in major units that is more than nothing, in minor ones. */
export function positiveOption(name: string, text: string, currency: Currency): bigint {
  const amountMinor = amountOption(name, text, currency);
  if (amountMinor > 0n) return amountMinor;
  throw new OperationalError('usage', `${name} "${text}" is not positive`);
}

/** One of several words. */
export function choiceOption<Choice extends string>(
  name: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new OperationalError('usage', `${name} "${text}" is none of ${choices.join(', ')}`);
}
