import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { clip, FileRefusal } from '../record.ts';
import type { OutputCap } from './output-cap.ts';

const STORED = 0;
const DEFLATED = 8;
/** The system that wrote an entry and keeps a file's type and permissions with it. */
const UNIX = 3;
const [FILE_TYPE, REGULAR_FILE] = [0o170000, 0o100000];

/** Entries by which a document of an office program is known. */
const OFFICE_ENTRIES = ['[Content_Types].xml', 'mimetype', 'META-INF/manifest.xml'];

/** A packed file and where its content goes. */
export interface ZipWork {
  readonly path: string;
  readonly maxBytes: number;
  readonly cap: OutputCap;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/**
 * Unpacks the one regular file of a ZIP archive (PKWARE APPNOTE), with its checksum and length checked.
 *
 * No name of the archive becomes a path. Refuses archives with several entries or none, encrypted ones, links, and names
 * that climb.
 */
export async function unzip(work: ZipWork): Promise<void> {
  const archive = await openArchive(work.path);
  try {
    const entry = await onlyEntry(archive);
    refuseUnsafe(entry);
    if (entry.uncompressedSize > work.maxBytes) work.cap.add(entry.uncompressedSize);
    await extract(archive, entry, work);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    archive.close();
  }
}

async function openArchive(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, strictFileNames: true });
  } catch (error) {
    if (error instanceof Error && /end of central directory/i.test(error.message)) {
      throw new FileRefusal(
        'TRUNCATED_ZIP',
        'the archive has no end; it was cut, or is still being written',
      );
    }
    throw refusalOf(error);
  }
}

async function onlyEntry(archive: ZipFile): Promise<Entry> {
  const entries: Entry[] = [];
  for await (const entry of archive.eachEntry()) {
    entries.push(entry);
    if (OFFICE_ENTRIES.includes(entry.fileName)) {
      throw new FileRefusal(
        'CONTENT_TYPE_MISMATCH',
        'the file is a document of an office program; ask for the original export',
      );
    }
    if (entries.length > 1 && entries.length === archive.entryCount) break;
  }
  const [only] = entries;
  if (only === undefined) throw unsafe('it is empty');
  if (entries.length > 1) throw unsafe(`it holds ${entries.length} entries, not one file`);
  return only;
}

function refuseUnsafe(entry: Entry): void {
  const name = JSON.stringify(clip(entry.fileName, 80));
  if (entry.fileName.endsWith('/')) throw unsafe(`it holds only the folder ${name}`);
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  const isUnix = entry.versionMadeBy >>> 8 === UNIX;
  if (isUnix && type !== 0 && type !== REGULAR_FILE) throw unsafe(`${name} is no regular file`);
  if (entry.isEncrypted()) throw unsafe(`${name} is encrypted with a password`);
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw unsafe(`${name} is compressed in a way that is not read (${entry.compressionMethod})`);
  }
}

async function extract(archive: ZipFile, entry: Entry, work: ZipWork): Promise<void> {
  const local = await archive.readLocalFileHeaderPromise(entry, { minimal: false });
  if (!local.fileName.equals(entry.fileNameRaw)) throw unsafe('it gives its entry two names');
  const content = await archive.openReadStreamPromise(entry);
  let crc = 0;
  for await (const bytes of content as AsyncIterable<Buffer>) {
    work.cap.add(bytes.length);
    crc = crc32(bytes, crc);
    await work.write(bytes);
  }
  if (crc !== entry.crc32) throw unsafe('the checksum of its file does not hold');
}

function unsafe(what: string): FileRefusal {
  return new FileRefusal('ARCHIVE_UNSAFE', `the ZIP archive is not taken: ${what}`);
}

/** What yauzl finds wrong it tells as a plain `Error`; a failing disk has a system call in it. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FileRefusal || 'syscall' in error) return error;
  return unsafe(clip(error.message, 120));
}
