import { maskCardNumbers } from '../card-number.ts';
import { clip } from './record.ts';

/** First bytes that name a kind of file which is no text, as they look in windows-1252. */
const MAGIC: readonly { readonly prefix: string; readonly name: string }[] = [
  { prefix: '%PDF-', name: 'a PDF document' },
  { prefix: '\u00d0\u00cf\u0011\u00e0', name: 'an old Office document' },
  { prefix: '-----BEGIN PGP SIGNED', name: 'text with a PGP signature in clear' },
  { prefix: '-----BEGIN PGP', name: 'a PGP key or signature' },
  { prefix: '{\\rtf', name: 'a Rich Text document' },
  { prefix: '\u2030PNG', name: 'a picture' },
  { prefix: '\u00ff\u00d8\u00ff', name: 'a picture' },
  { prefix: 'GIF8', name: 'a picture' },
  { prefix: '7z\u00bc\u00af', name: 'a 7-Zip archive' },
  { prefix: 'Rar!', name: 'a RAR archive' },
  { prefix: 'BZh', name: 'bzip2-compressed data' },
  { prefix: '\u00fd7zXZ', name: 'xz-compressed data' },
  { prefix: '(\u00b5/\u00fd', name: 'Zstandard-compressed data' },
];

const PAGE = {
  pattern: /^\s*<(?:!doctype\s+html|html)/i,
  name: 'an HTML page, perhaps a login page',
};

const SHAPES: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /^\s*</, name: 'XML of a kind that is not known' },
  { pattern: /^\s*[{[]/, name: 'JSON' },
  { pattern: /^[^\r\n]*[,;\t|]/, name: 'CSV with columns that no profile knows' },
];

/** What unknown content looks like, with its beginning, for a person who must find the right file. */
export function describeContent(head: string): string {
  const beginning = maskCardNumbers(clip(head, 60), null);
  return `the file looks like ${kindOf(head)}; it begins ${JSON.stringify(beginning)}`;
}

/** What content is that no bank and no processor sends as data, whatever the name of the file; `undefined` for text. */
export function foreignContent(head: string): string | undefined {
  const magic = MAGIC.find(({ prefix }) => head.startsWith(prefix));
  if (magic !== undefined) return magic.name;
  if (head.slice(0, 64).includes('\0')) return 'binary data, or UTF-16 without a byte order mark';
  return PAGE.pattern.test(head) ? PAGE.name : undefined;
}

function kindOf(head: string): string {
  const shape = SHAPES.find(({ pattern }) => pattern.test(head));
  return foreignContent(head) ?? shape?.name ?? 'text of no known form';
}
