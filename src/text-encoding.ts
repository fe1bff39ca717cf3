/** Turns bytes into characters, chunk by chunk; throws a `TypeError` for bytes that mean nothing. */
export interface CharacterDecoder {
  decode(bytes?: Uint8Array, options?: { readonly stream?: boolean }): string;
}

/** Code page 852 (Central Europe, MS-DOS), 0x80 to 0xFF, as mapped by the Unicode Consortium. */
const CODE_PAGE_852 =
  'ÇüéâäůćçłëŐőîŹÄĆ' +
  'ÉĹĺôöĽľŚśÖÜŤťŁ×č' +
  'áíóúĄąŽžĘę¬źČş«»' +
  '░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐' +
  '└┴┬├─┼Ăă╚╔╩╦╠═╬¤' +
  'đĐĎËďŇÍÎě┘┌█▄ŢŮ▀' +
  'ÓßÔŃńňŠšŔÚŕŰýÝţ´' +
  '\u00AD˝˛ˇ˘§÷¸°¨˙űŘř■\u00A0';

const NAMES_OF_852 = ['cp852', 'ibm852', '852', 'cspcp852', 'dos-852'];

/** The one name of an encoding: a label of the WHATWG Encoding Standard, or `cp852`; `undefined` for none known. */
export function knownEncoding(name: string): string | undefined {
  if (NAMES_OF_852.includes(name.toLowerCase())) return 'cp852';
  try {
    return new TextDecoder(name).encoding;
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

/** A decoder of a known encoding; `isFatal` when bytes that mean nothing are an error. */
export function decoderOf(encoding: string, isFatal: boolean): CharacterDecoder {
  if (encoding === 'cp852') return { decode: (bytes) => decode852(bytes ?? new Uint8Array()) };
  return new TextDecoder(encoding, { fatal: isFatal });
}

function decode852(bytes: Uint8Array): string {
  // ASCII stays, and what stands above it is looked up.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.replace(/[\u0080-\u00FF]/g, (byte) => CODE_PAGE_852[byte.charCodeAt(0) - 0x80] ?? '');
}
