import { childrenOf, firstTextAt, type XmlElement } from './xml-element.ts';

const REFERENCE_PATHS = [
  ['CdtrRefInf', 'Ref'],
  ['CdtrRefInf', 'CdtrRef'],
] as const;

/** The texts of an `RmtInf`: what is free first, then creditor references and what stands beside them. */
export function remittanceOf(remittance: XmlElement | undefined): string[] {
  const texts: string[] = [];
  for (const { text } of childrenOf(remittance, 'Ustrd')) texts.push(text.trim());
  for (const structured of childrenOf(remittance, 'Strd')) {
    texts.push(firstTextAt(structured, REFERENCE_PATHS) ?? '');
    for (const { text } of childrenOf(structured, 'AddtlRmtInf')) texts.push(text.trim());
  }
  return texts.filter((text) => text !== '');
}

/** The first structured creditor reference (ISO 11649, QRR, ISR) of an `RmtInf`. */
export function creditorReferenceOf(remittance: XmlElement | undefined): string | undefined {
  for (const structured of childrenOf(remittance, 'Strd')) {
    const reference = firstTextAt(structured, REFERENCE_PATHS);
    if (reference !== undefined) return reference;
  }
  return undefined;
}
