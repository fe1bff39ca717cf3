import { amountText } from './amount-text.ts';
import { type BankEntry, type BankStatement, closingOf } from './bank-entry.ts';

/** A camt.053 (version 8) message with one statement, piece by piece. */
export function* camtStatement(statement: BankStatement): Generator<string, void, undefined> {
  const { iban, currency, number, day, openingMinor, entries, telling } = statement;
  const created = `${day}T21:${telling === 1 ? '40' : '55'}:12+01:00`;
  const name = `${iban.slice(-6)}-${day.slice(0, 4)}-${number}`;
  yield `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>M${name}-${telling}</MsgId><CreDtTm>${created}</CreDtTm><MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn></GrpHdr>
<Stmt><Id>${name}</Id><ElctrncSeqNb>${number}</ElctrncSeqNb><CreDtTm>${created}</CreDtTm>
<Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>${currency}</Ccy><Ownr><Nm>Acme Marktplatz GmbH</Nm></Ownr></Acct>
`;
  yield balance(statement, 'OPBD', openingMinor);
  yield balance(statement, 'CLBD', closingOf(statement));
  yield summary(statement);
  for (const entry of entries) yield camtEntry(statement, entry);
  yield '</Stmt>\n</BkToCstmrStmt>\n</Document>\n';
}

function balance({ currency, day }: BankStatement, code: string, minor: bigint): string {
  return (
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${money(minor, currency)}` +
    `<Dt><Dt>${day}</Dt></Dt></Bal>\n`
  );
}

function summary({ currency, entries }: BankStatement): string {
  let [credits, debits, creditMinor, debitMinor] = [0, 0, 0n, 0n];
  for (const { amountMinor } of entries) {
    if (amountMinor < 0n) {
      debits += 1;
      debitMinor -= amountMinor;
    } else {
      credits += 1;
      creditMinor += amountMinor;
    }
  }
  return (
    `<TxsSummry><TtlNtries><NbOfNtries>${entries.length}</NbOfNtries></TtlNtries>` +
    `<TtlCdtNtries><NbOfNtries>${credits}</NbOfNtries><Sum>${amountText(creditMinor, currency)}</Sum></TtlCdtNtries>` +
    `<TtlDbtNtries><NbOfNtries>${debits}</NbOfNtries><Sum>${amountText(debitMinor, currency)}</Sum></TtlDbtNtries></TxsSummry>\n`
  );
}

function camtEntry({ currency, day }: BankStatement, entry: BankEntry): string {
  const isCredit = entry.amountMinor >= 0n;
  const amount = money(entry.amountMinor, currency);
  const party = isCredit ? 'Dbtr' : 'Cdtr';
  const family = isCredit ? 'RCDT' : 'ICDT';
  const kind = entry.isReturn ? 'RRTN' : 'ESCT';
  const reason = entry.isReturn ? '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>' : '';
  return (
    `<Ntry>${amount}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${entry.valueDate}</Dt></ValDt>` +
    `<AcctSvcrRef>${entry.id}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>${family}</Cd><SubFmlyCd>${kind}</SubFmlyCd></Fmly></Domn></BkTxCd>` +
    `<NtryDtls><TxDtls><Refs><EndToEndId>${escaped(entry.endToEndId ?? 'NOTPROVIDED')}</EndToEndId></Refs>${amount}` +
    `<RltdPties><${party}><Pty><Nm>${escaped(entry.counterparty)}</Nm></Pty></${party}></RltdPties>` +
    `<RmtInf><Ustrd>${escaped(entry.narrative)}</Ustrd></RmtInf>${reason}</TxDtls></NtryDtls></Ntry>\n`
  );
}

function money(minor: bigint, currency: BankStatement['currency']): string {
  const [magnitude, direction] = minor < 0n ? [-minor, 'DBIT'] : [minor, 'CRDT'];
  return `<Amt Ccy="${currency}">${amountText(magnitude, currency)}</Amt><CdtDbtInd>${direction}</CdtDbtInd>`;
}

/** Text between tags. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
