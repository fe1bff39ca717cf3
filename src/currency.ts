/** A currency code of ISO 4217, upper case. */
export type Currency = string;

/**
 * Minor-unit exponents by ISO 4217 (list one of 2026-01-01, and withdrawn codes of list three that old statements carry).
 *
 * Our own table: `Intl` gives 0 for HUF, IDR, COP and IQD, where the standard says 2, 2, 2 and 3.
 */
const EXPONENT: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
  ...(
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK ' +
    'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP ' +
    'LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB ' +
    'SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST ' +
    'XCD XCG YER ZAR ZMW ZWG'
  )
    .split(' ')
    .map((code) => [code, 2] as const),
]);

const WITHDRAWN_EXPONENT: Readonly<Record<string, number>> = {
  ANG: 2,
  ATS: 2,
  BEF: 0,
  BGN: 2,
  BYR: 0,
  CUC: 2,
  CYP: 2,
  DEM: 2,
  EEK: 2,
  ESP: 0,
  FIM: 2,
  FRF: 2,
  GRD: 0,
  HRK: 2,
  IEP: 2,
  ITL: 0,
  LTL: 2,
  LUF: 0,
  LVL: 2,
  MRO: 2,
  MTL: 2,
  NLG: 2,
  PTE: 0,
  ROL: 2,
  RUR: 2,
  SIT: 2,
  SKK: 2,
  SLL: 2,
  STD: 2,
  TRL: 0,
  VEF: 2,
  ZWL: 2,
};

/** Digits after the decimal point of a currency in use; `undefined` when ISO 4217 has no such currency today. */
export function currencyExponent(code: string): number | undefined {
  return Object.hasOwn(EXPONENT, code) ? EXPONENT[code] : undefined;
}

/** As {@link currencyExponent}, for old statements too: withdrawn currencies have one. */
export function historicCurrencyExponent(code: string): number | undefined {
  return (
    currencyExponent(code) ??
    (Object.hasOwn(WITHDRAWN_EXPONENT, code) ? WITHDRAWN_EXPONENT[code] : undefined)
  );
}

/** Every currency in use with its exponent, sorted by code; loaded into the reference table `currency`. */
export function currenciesInUse(): readonly {
  readonly code: Currency;
  readonly exponent: number;
}[] {
  return Object.entries(EXPONENT)
    .map(([code, exponent]) => ({ code, exponent }))
    .sort((left, right) => (left.code < right.code ? -1 : 1));
}
