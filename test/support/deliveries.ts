import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A row of a settlement report in euro; amounts in minor units, the fee is taken as commission. */
export interface SettlementRow {
  readonly type: 'Settled' | 'Refunded' | 'Chargeback' | 'Fee' | 'MerchantPayout';
  readonly reference: string;
  readonly grossMinor: number;
  readonly feeMinor?: number;
  readonly batch: number;
  readonly psp?: string;
}

const HEADER =
  'Merchant Account,Psp Reference,Merchant Reference,Creation Date,Type,Modification Reference,Gross Currency,' +
  'Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),' +
  'Markup (NC),Scheme Fees (NC),Interchange (NC),Modification Merchant Reference,Batch Number';

/** A settlement details report of these rows. */
export function settlementReport(rows: readonly SettlementRow[]): string {
  return [HEADER, ...rows.map(settlementLine)].map((line) => `${line}\n`).join('');
}

function settlementLine(row: SettlementRow): string {
  const { type, reference, grossMinor, feeMinor = 0, batch } = row;
  const psp = row.psp ?? `PSP${reference.replaceAll('-', '')}`;
  const [debit, credit] = sides(grossMinor);
  const [netDebit, netCredit] = sides(grossMinor - feeMinor);
  const fee = feeMinor === 0 ? '' : amount(feeMinor);
  if (type === 'MerchantPayout' || type === 'Fee') {
    return `AcmeShop,,,2026-03-04 01:00:00,${type},${reference},,,,,EUR,${netDebit},${netCredit},,,,,,${batch}`;
  }
  const modification = type === 'Settled' ? psp : `${psp}${type[0]}`;
  return (
    `AcmeShop,${psp},${reference},2026-03-03 10:00:00,${type},${modification},EUR,${debit},${credit},1,` +
    `EUR,${netDebit},${netCredit},${fee},,,,,${batch}`
  );
}

/** What the lines of a batch leave to be paid out. */
export function netOf(rows: readonly SettlementRow[]): number {
  return rows.reduce((sum, row) => sum + row.grossMinor - (row.feeMinor ?? 0), 0);
}

/** The payout row of a batch, with the text that the bank quotes. */
export function payoutRow(batch: number, netMinor: number): SettlementRow {
  return { type: 'MerchantPayout', reference: payoutText(batch), grossMinor: -netMinor, batch };
}

/** The text of a payout as processor and bank write it. */
export function payoutText(batch: number): string {
  return `TX${String(700_000_000 + batch)}XT batch ${batch}`;
}

export interface BankRow {
  readonly amountMinor: number;
  readonly text: string;
  readonly reference?: string;
}

/** A camt.053 statement in euro of the account the stories use. */
export function bankStatement(
  rows: readonly BankRow[],
  options: { readonly openingMinor?: number; readonly day?: string; readonly number?: number } = {},
): string {
  const { openingMinor = 100_000_000, day = '2026-03-05', number = 64 } = options;
  const closingMinor = rows.reduce((sum, row) => sum + row.amountMinor, openingMinor);
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">` +
    `<BkToCstmrStmt><GrpHdr><MsgId>M${number}</MsgId><CreDtTm>${day}T21:40:00Z</CreDtTm></GrpHdr><Stmt><Id>S${number}</Id>` +
    `<ElctrncSeqNb>${number}</ElctrncSeqNb><CreDtTm>${day}T21:40:00Z</CreDtTm>` +
    `<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>\n` +
    `${balance('OPBD', openingMinor, day)}${balance('CLBD', closingMinor, day)}` +
    `${rows.map((row) => bankEntry(row, day)).join('')}</Stmt></BkToCstmrStmt></Document>\n`
  );
}

function balance(code: string, minor: number, day: string): string {
  return (
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${money(minor)}` +
    `<Dt><Dt>${day}</Dt></Dt></Bal>\n`
  );
}

function bankEntry({ amountMinor, text, reference }: BankRow, day: string): string {
  return (
    `<Ntry>${money(amountMinor)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt>` +
    `<ValDt><Dt>${day}</Dt></ValDt><NtryDtls><TxDtls><Refs><EndToEndId>${reference ?? 'NOTPROVIDED'}</EndToEndId></Refs>` +
    `<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`
  );
}

function money(minor: number): string {
  return `<Amt Ccy="EUR">${amount(Math.abs(minor))}</Amt><CdtDbtInd>${minor < 0 ? 'DBIT' : 'CRDT'}</CdtDbtInd>`;
}

function sides(minor: number): readonly [string, string] {
  return minor < 0 ? [amount(-minor), ''] : ['', amount(minor)];
}

function amount(minor: number): string {
  return `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
}

/** A payment of a ledger import; the id is made of kind and reference unless given. */
export interface LedgerRow {
  readonly kind: 'capture' | 'refund' | 'chargeback' | 'payout';
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency?: string;
  readonly day?: string;
  readonly id?: string;
}

/** A ledger import file of these payments. */
export function ledgerFile(rows: readonly LedgerRow[]): string {
  const lines = rows.map(
    ({
      kind,
      reference,
      amountMinor,
      currency = 'EUR',
      day = '2026-03-02',
      id = `${kind}-${reference}`,
    }) =>
      `${id},${reference},${kind},${kind === 'payout' ? 'house-bank' : 'adyen'},bergquell,${currency},${amount(amountMinor)},${day}\n`,
  );
  return `payment_id,reference,kind,source,merchant,currency,amount,effective_date\n${lines.join('')}`;
}

/** Writes files into a new folder below another, and returns it. */
export async function deliver(
  parent: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(files).map(async ([file, text]) => {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }),
  );
  return folder;
}

/** What a bank reports of a payment; without a status it has the one of its message. */
export interface StatusRow {
  readonly endToEndId: string;
  readonly status?: string;
  readonly reason?: string;
  readonly amountMinor?: number;
  readonly currency?: string;
  readonly originalMessageId?: string;
  readonly originalMessage?: string;
  readonly groupStatus?: string;
}

/** A pain.002 with these statuses; what they say of their message is that of the first. */
export function statusReport(rows: readonly StatusRow[], id: string, day: string): string {
  const { originalMessageId = 'OUT-1', originalMessage = 'pain.001.001.09' } = rows[0] ?? {};
  const { groupStatus = 'PART' } = rows[0] ?? {};
  return (
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>\n` +
    `<GrpHdr><MsgId>${id}</MsgId><CreDtTm>${day}T12:00:00Z</CreDtTm></GrpHdr>\n` +
    `<OrgnlGrpInfAndSts><OrgnlMsgId>${originalMessageId}</OrgnlMsgId><OrgnlMsgNmId>${originalMessage}</OrgnlMsgNmId>` +
    `<GrpSts>${groupStatus}</GrpSts></OrgnlGrpInfAndSts>\n<OrgnlPmtInfAndSts><OrgnlPmtInfId>P-1</OrgnlPmtInfId>\n` +
    `${rows.map(statusOf).join('')}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n`
  );
}

function statusOf({
  endToEndId,
  status,
  reason,
  amountMinor,
  currency = 'EUR',
}: StatusRow): string {
  const told = status === undefined ? '' : `<TxSts>${status}</TxSts>`;
  const why =
    reason === undefined
      ? ''
      : `<StsRsnInf><Rsn><Cd>${reason}</Cd></Rsn><AddtlInf>told in a test</AddtlInf></StsRsnInf>`;
  const of =
    amountMinor === undefined
      ? ''
      : `<OrgnlTxRef><Amt><InstdAmt Ccy="${currency}">${amount(amountMinor)}</InstdAmt></Amt></OrgnlTxRef>`;
  return `<TxInfAndSts><OrgnlEndToEndId>${endToEndId}</OrgnlEndToEndId>${told}${why}${of}</TxInfAndSts>\n`;
}
