import { firstTextAt, type XmlElement } from './xml-element.ts';

const ACCOUNT_PATHS = [
  ['Id', 'IBAN'],
  ['Id', 'Othr', 'Id'],
  ['Id', 'BBAN'],
  ['Id', 'UPIC'],
  ['Id', 'PrtryAcct', 'Id'],
] as const;

const NAME_PATHS = [['Nm'], ['Pty', 'Nm'], ['Agt', 'FinInstnId', 'Nm']] as const;

/** The number of an account without blanks: its IBAN, else whatever the bank calls it. */
export function accountNumberOf(account: XmlElement | undefined): string | null {
  return firstTextAt(account, ACCOUNT_PATHS)?.replace(/\s/g, '') ?? null;
}

/** The name of a party, which later versions write one level deeper than earlier ones. */
export function partyNameOf(party: XmlElement | undefined): string | null {
  return firstTextAt(party, NAME_PATHS) ?? null;
}
