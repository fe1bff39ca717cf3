import pg from 'pg';

type Parse = (text: string) => unknown;

const OID = {
  int8: 20,
  textArray: 1009,
  int8Array: 1016,
  date: 1082,
  timestamp: 1114,
  dateArray: 1182,
  numericArray: 1231,
} as const;

// The declared parameter lists the scalar types only; the driver knows arrays too.
const driverParser = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => Parse;
const parseTextArray = driverParser(OID.textArray) as (text: string) => (string | null)[];
const keep: Parse = (text) => text;

// The driver's own parsers lose digits of int8 and numeric and read a date in the machine's time zone.
const PARSERS: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [OID.int8, BigInt],
  [OID.date, keep],
  [OID.timestamp, keep],
  [OID.dateArray, parseTextArray],
  [OID.numericArray, parseTextArray],
  [
    OID.int8Array,
    (text) => parseTextArray(text).map((item) => (item === null ? null : BigInt(item))),
  ],
]);

/** How Postgres values become values here: int8 a bigint, dates and numerics strings. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    const parse = PARSERS.get(oid);
    return parse !== undefined && format !== 'binary' ? parse : driverParser(oid, format);
  },
};
