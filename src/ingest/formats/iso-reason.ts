import type { StatusReason } from '../record.ts';
import { childrenOf, firstTextAt, type XmlElement } from './xml-element.ts';

const CODE_PATHS = [
  ['Rsn', 'Cd'],
  ['Rsn', 'Prtry'],
  // The first versions name the choice after the element around it.
  ['StsRsn', 'Cd'],
  ['StsRsn', 'Prtry'],
  ['RtrRsn', 'Cd'],
  ['RtrRsn', 'Prtry'],
] as const;

const TEXT_NAMES: ReadonlySet<string> = new Set(['AddtlInf', 'AddtlStsRsnInf', 'AddtlRtrRsnInf']);

/** The reasons (`StsRsnInf`, `RtrRsnInf`) in an element: a code of the standard or the bank's own, and its words in order. */
export function readReasons(element: XmlElement | undefined, name: string): StatusReason[] {
  return childrenOf(element, name)
    .map((reason) => ({
      code: firstTextAt(reason, CODE_PATHS) ?? null,
      text: textOf(reason),
    }))
    .filter(({ code, text }) => code !== null || text !== null);
}

function textOf(reason: XmlElement): string | null {
  const texts = reason.children
    .filter(({ name }) => TEXT_NAMES.has(name))
    .map(({ text }) => text.trim());
  return texts.filter((text) => text !== '').join(' ') || null;
}
