import { clip } from './record.ts';

/** First bytes that name a kind of file, as they look in windows-1252. */
const MAGIC: readonly { readonly prefix: string; readonly name: string }[] = [
  { prefix: '%PDF-', name: 'a PDF document' },
  { prefix: 'PK\u0003\u0004', name: 'a ZIP archive or an Office document' },
  { prefix: '\u001f\u2039', name: 'gzip-compressed data' },
  { prefix: '\u00d0\u00cf\u0011\u00e0', name: 'an old Office document' },
  { prefix: '-----BEGIN PGP', name: 'a PGP message' },
];

const SHAPES: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /^\s*<(?:!doctype\s+html|html)/i, name: 'an HTML page, perhaps a login page' },
  { pattern: /^\s*</, name: 'XML of a kind that is not known' },
  { pattern: /^\s*[{[]/, name: 'JSON' },
  { pattern: /^[^\r\n]*[,;\t|]/, name: 'CSV with columns that no profile knows' },
];

/** What unknown content looks like, with its beginning, for a person who must find the right file. */
export function describeContent(head: string): string {
  return `the file looks like ${kindOf(head)}; it begins ${JSON.stringify(clip(head, 60))}`;
}

function kindOf(head: string): string {
  const magic = MAGIC.find(({ prefix }) => head.startsWith(prefix));
  if (magic !== undefined) return magic.name;
  if (head.slice(0, 64).includes('\0')) return 'binary data, or UTF-16 without a byte order mark';
  return SHAPES.find(({ pattern }) => pattern.test(head))?.name ?? 'text of no known form';
}
