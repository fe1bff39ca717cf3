import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cardTokenOf, isCardNumber, maskCardNumbers } from '../src/card-number.ts';

const KEY = new Uint8Array(32).fill(7);
const TOKEN = cardTokenOf(KEY);

/** Published test numbers, one of each scheme. */
const NUMBERS = [
  '4111111111111111',
  '4222222222222',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '6011111111111117',
  '6510000000000125',
  '3530111333300000',
  '30569309025904',
  '36227206271667',
  '38520000023237',
  '6250941006528599',
  '6759649826438453',
];

describe('a card number', () => {
  test.each(NUMBERS)('is %s', (number) => {
    expect(isCardNumber(number)).toBe(true);
    expect(maskCardNumbers(`for ${number}.`, TOKEN)).toBe(`for ${shown(number)}#${TOKEN(number)}.`);
  });

  test.each([
    ['the Luhn sum fails', '4111111111111112'],
    ['no issuer has the range', '8816000000000007'],
    ['the length is another', '41111111111116'],
    ['more digits follow', '41111111111111111'],
    ['it is a moment', '20260305123045123'],
    ['its groups are not those of a card', '411 1111 1111 11111'],
    ['two separators stand together', '4111--1111--1111--1111'],
    ['it stands in an IBAN', 'DK6700000000099028'],
    ['it stands in an IBAN in groups', 'AT05 4000 0000 0003 1676 to pay'],
  ])('is none when %s', (_, text) => {
    expect(maskCardNumbers(text, TOKEN)).toBe(text);
  });

  test.each([
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '4111-1111 1111-1111',
    '41111111\n11111111',
    '4111111111\r\n111111',
  ])('gives the same replacement when it is written as %j', (text) => {
    expect(maskCardNumbers(text, TOKEN)).toBe(`411111xxxxxx1111#${TOKEN('4111111111111111')}`);
  });

  test('of American Express is found in its groups', () => {
    expect(maskCardNumbers('3782 822463 10005', null)).toBe('378282xxxxxx0005');
  });

  test('is found beside an amount, a year and another one', () => {
    const text = 'EUR 5 4111 1111 1111 1111 2026 5555555555554444/4111111111111111';
    expect(maskCardNumbers(text, null)).toBe(
      'EUR 5 411111xxxxxx1111 2026 555555xxxxxx4444/411111xxxxxx1111',
    );
  });

  test('is found with points between its groups, and behind another one', () => {
    expect(maskCardNumbers('4111.1111.1111.1111', null)).toBe('411111xxxxxx1111');
    expect(maskCardNumbers('a 41111111111111115555555555554444 b', null)).toBe(
      'a 411111xxxxxx1111555555xxxxxx4444 b',
    );
    const reference = '210000000003139471430009017';
    expect(maskCardNumbers(reference, null)).toBe(reference);
  });

  test('that was cut short keeps six digits', () => {
    expect(maskCardNumbers('card 4111 1111 11…', TOKEN)).toBe('card 411111xxxx…');
    expect(maskCardNumbers('order 8816000000…', TOKEN)).toBe('order 8816000000…');
  });

  test('without a key has no token beside it', () => {
    expect(maskCardNumbers('4111111111111111', null)).toBe('411111xxxxxx1111');
  });
});

test('the token is the HMAC-SHA256 of the digits, 80 bits in base 32', () => {
  // Computed with another implementation.
  expect(TOKEN('4111111111111111')).toBe('GPWPUGYLVB7UKRY5');
  expect(cardTokenOf(new Uint8Array(32))('4111111111111111')).not.toBe(TOKEN('4111111111111111'));
});

describe('in any text', () => {
  const number = fc.constantFrom(...NUMBERS);
  const words = fc.string({ unit: fc.constantFrom(...'abc XYZ,.;:/|"<>\n\té€') });

  test('no card number is left, and what is no part of one stays', () => {
    fc.assert(
      fc.property(words, number, words, (before, card, after) => {
        const masked = maskCardNumbers(`${before}${card}${after}`, TOKEN);
        expect(masked).toBe(`${before}${shown(card)}#${TOKEN(card)}${after}`);
      }),
    );
  });

  test('masking again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789 -x'), maxLength: 60 }),
        (text) => {
          const masked = maskCardNumbers(text, TOKEN);
          expect(maskCardNumbers(masked, TOKEN)).toBe(masked);
        },
      ),
    );
  });

  test('sixteen digits that fail the Luhn sum are left alone', () => {
    const digits = fc.string({
      unit: fc.constantFrom(...'0123456789'),
      minLength: 16,
      maxLength: 16,
    });
    fc.assert(
      fc.property(digits, (text) => {
        fc.pre(!isCardNumber(text));
        expect(maskCardNumbers(`a${text}b`, TOKEN)).toBe(`a${text}b`);
      }),
    );
  });
});

function shown(number: string): string {
  const first = number.length >= 15 ? 6 : number.length - 10;
  return `${number.slice(0, first)}xxxxxx${number.slice(-4)}`;
}
