import { describe, expect, test } from 'vitest';
import { decoderOf, knownEncoding } from '../src/text-encoding.ts';

/** The Unicode Consortium's CP852.TXT: what 0x80 to 0xFF stand for, sixteen a row. */
const CP852 = [
  '00C7 00FC 00E9 00E2 00E4 016F 0107 00E7 0142 00EB 0150 0151 00EE 0179 00C4 0106',
  '00C9 0139 013A 00F4 00F6 013D 013E 015A 015B 00D6 00DC 0164 0165 0141 00D7 010D',
  '00E1 00ED 00F3 00FA 0104 0105 017D 017E 0118 0119 00AC 017A 010C 015F 00AB 00BB',
  '2591 2592 2593 2502 2524 00C1 00C2 011A 015E 2563 2551 2557 255D 017B 017C 2510',
  '2514 2534 252C 251C 2500 253C 0102 0103 255A 2554 2569 2566 2560 2550 256C 00A4',
  '0111 0110 010E 00CB 010F 0147 00CD 00CE 011B 2518 250C 2588 2584 0162 016E 2580',
  '00D3 00DF 00D4 0143 0144 0148 0160 0161 0154 00DA 0155 0170 00FD 00DD 0163 00B4',
  '00AD 02DD 02DB 02C7 02D8 00A7 00F7 00B8 00B0 00A8 02D9 0171 0158 0159 25A0 00A0',
]
  .join(' ')
  .split(' ');

test('code page 852 is as it was published, and ASCII below it', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const text = decoderOf('cp852', true).decode(bytes);
  const points = [...text].map((character) => character.codePointAt(0));
  expect(points.slice(0, 128)).toEqual(Array.from({ length: 128 }, (_, byte) => byte));
  expect(points.slice(128)).toEqual(CP852.map((point) => Number.parseInt(point, 16)));
});

describe('an encoding is known', () => {
  test.each([
    ['CP852', 'cp852'],
    ['IBM852', 'cp852'],
    ['latin1', 'windows-1252'],
    ['Shift_JIS', 'shift_jis'],
    ['EUC-KR', 'euc-kr'],
    ['gb18030', 'gb18030'],
    ['moon', undefined],
  ])('%s as %s', (name, label) => {
    expect(knownEncoding(name)).toBe(label);
  });

  test.each([
    ['shift_jis', [0x83, 0x65, 0xb1], 'テｱ'],
    ['euc-jp', [0xa5, 0xc6], 'テ'],
    ['euc-kr', [0xc7, 0xd1], '한'],
    ['gb18030', [0xd6, 0xd0], '中'],
    ['iso-8859-2', [0xe8], 'č'],
  ])('%s can be read on this Node', (label, bytes, text) => {
    expect(decoderOf(label, true).decode(Uint8Array.from(bytes))).toBe(text);
  });
});
