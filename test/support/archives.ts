import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a ZIP archive made by hand; what is left out is as an ordinary archiver writes it. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** The name in the local header, when it shall differ. */
  readonly localName?: string;
  readonly isEncrypted?: boolean;
  /** File type and permissions as Unix has them. */
  readonly mode?: number;
  readonly crc?: number;
  readonly claimedSize?: number;
}

/** A ZIP archive with these entries (PKWARE APPNOTE 4.3), right or wrong as asked for. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content);
    const data = deflateRawSync(content);
    const facts = factsOf(entry, content, data);
    const local = Buffer.concat([
      Buffer.from('PK\u0003\u0004', 'latin1'),
      facts(entry.localName ?? entry.name),
      Buffer.from(entry.localName ?? entry.name),
    ]);
    directory.push(centralOf(entry, facts(entry.name), offset));
    parts.push(local, data);
    offset += local.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

function factsOf(entry: ZipEntry, content: Buffer, data: Buffer): (name: string) => Buffer {
  return (name) => {
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(entry.isEncrypted ? 1 : 0, 2);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(entry.crc ?? crc32(content), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(entry.claimedSize ?? content.length, 18);
    facts.writeUInt16LE(Buffer.byteLength(name), 22);
    return facts;
  };
}

function centralOf(entry: ZipEntry, facts: Buffer, offset: number): Buffer {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  const mark = Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1');
  return Buffer.concat([mark, facts, rest, Buffer.from(entry.name)]);
}
