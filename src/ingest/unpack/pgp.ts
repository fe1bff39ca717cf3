import type { FileHandle } from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import * as openpgp from 'openpgp';
import { OperationalError } from '../../errors.ts';
import type { PgpConfig } from '../../pgp-config.ts';
import { readSecretFile } from '../../secret-file.ts';
import { FileRefusal } from '../record.ts';
import type { OutputCap } from './output-cap.ts';

/** The keys of the configured sources, and the moment that expiry is judged by. */
export interface PgpOptions {
  readonly configs: () => readonly PgpConfig[];
  readonly now: Date;
}

/** A packed file and where its content goes. */
export interface PgpWork {
  readonly packed: FileHandle;
  readonly isArmored: boolean;
  readonly cap: OutputCap;
  readonly options: PgpOptions | undefined;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** What one source opens messages with. */
interface Keyring {
  readonly privateKey: openpgp.PrivateKey;
  readonly verificationKeys: readonly openpgp.PublicKey[];
  readonly isSignatureRequired: boolean;
}

type Binary = ReadableStream<Uint8Array<ArrayBuffer>>;
type PgpMessage = openpgp.Message<Binary>;
type Signature = openpgp.VerifyMessageResult['signatures'][number];

// What is decrypted goes to a file that nobody reads before the end of the message was checked.
const CONFIG = { allowUnauthenticatedStream: true };

/**
 * Decrypts an OpenPGP message (RFC 9580), binary or armored, and verifies its signatures.
 *
 * It is done only when it returns: until then nothing that was written may be read. Throws `configuration` when no source
 * has a key.
 */
export async function decryptPgp(work: PgpWork): Promise<void> {
  const rings = await keyringsOf(work.options);
  const message = await readMessage(work);
  const recipients = message.getEncryptionKeyIDs();
  const able = rings.filter(({ privateKey }) =>
    recipients.some((id) => isHidden(id) || privateKey.getKeys(id).length > 0),
  );
  const isEncrypted = message.packets.some((packet) => ENCRYPTED.includes(tagOf(packet)));
  if (isEncrypted && able.length === 0) throw noKey(recipients);
  const opened = isEncrypted
    ? await decrypt(message, able, work)
    : await verify(message, rings, work);
  await writeAll(opened.data, work);
  await checkSignatures(opened.signatures, isEncrypted ? able : rings);
}

/** A sender may hide to whom a file is encrypted: then every key is tried. */
function isHidden(id: openpgp.KeyID): boolean {
  return /^0*$/.test(id.toHex());
}

const ENCRYPTED = [
  openpgp.enums.packet.symmetricallyEncryptedData,
  openpgp.enums.packet.symEncryptedIntegrityProtectedData,
  openpgp.enums.packet.aeadEncryptedData,
  openpgp.enums.packet.publicKeyEncryptedSessionKey,
  openpgp.enums.packet.symEncryptedSessionKey,
];

function tagOf(packet: object): openpgp.enums.packet {
  return (packet.constructor as unknown as { tag: openpgp.enums.packet }).tag;
}

async function keyringsOf(options: PgpOptions | undefined): Promise<readonly Keyring[]> {
  const configs = options?.configs() ?? [];
  if (configs.length > 0) return await Promise.all(configs.map(keyringOf));
  throw new OperationalError(
    'configuration',
    'the file is encrypted with PGP and no source of the configuration has a key; add pgp to its source in tieout.yaml',
  );
}

async function keyringOf(config: PgpConfig): Promise<Keyring> {
  const locked = await readPrivateKey(config.privateKeyFile);
  const lists = await Promise.all(config.verify.map(readPublicKeys));
  return {
    privateKey: await unlocked(locked, config),
    verificationKeys: lists.flat(),
    isSignatureRequired: config.isSignatureRequired,
  };
}

async function unlocked(
  privateKey: openpgp.PrivateKey,
  config: PgpConfig,
): Promise<openpgp.PrivateKey> {
  if (privateKey.isDecrypted()) return privateKey;
  const passphrase = config.passphrase();
  if (passphrase === undefined) {
    throw new OperationalError(
      'configuration',
      `${config.privateKeyFile} is locked; name its passphrase with passphrase_env or passphrase_file`,
    );
  }
  try {
    return await openpgp.decryptKey({ privateKey, passphrase });
  } catch (cause) {
    const message = `the passphrase does not unlock ${config.privateKeyFile}`;
    throw new OperationalError('configuration', message, { cause });
  }
}

async function readPrivateKey(file: string): Promise<openpgp.PrivateKey> {
  return await readKey(file, readSecretFile(file), (key) =>
    typeof key === 'string'
      ? openpgp.readPrivateKey({ armoredKey: key })
      : openpgp.readPrivateKey({ binaryKey: key }),
  );
}

async function readPublicKeys(file: string): Promise<readonly openpgp.PublicKey[]> {
  return await readKey(file, await readPublicFile(file), (key) =>
    typeof key === 'string'
      ? openpgp.readKeys({ armoredKeys: key })
      : openpgp.readKeys({ binaryKeys: key }),
  );
}

async function readPublicFile(file: string): Promise<Uint8Array> {
  return await readFile(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
}

async function readKey<T>(
  file: string,
  bytes: Uint8Array,
  read: (key: string | Uint8Array) => Promise<T>,
): Promise<T> {
  try {
    const key = Buffer.from(bytes);
    const isArmored = key.toString('latin1', 0, 256).includes('-----BEGIN PGP');
    return await read(isArmored ? key.toString('utf8') : bytes);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): OperationalError {
  return new OperationalError('configuration', `cannot read a PGP key from ${file}`, { cause });
}

async function readMessage({ packed, isArmored }: PgpWork): Promise<PgpMessage> {
  const bytes = Readable.toWeb(
    packed.createReadStream({ start: 0, autoClose: false }),
  ) as unknown as Binary;
  try {
    if (!isArmored) return await openpgp.readMessage({ binaryMessage: bytes, config: CONFIG });
    const text = bytes.pipeThrough(new TextDecoderStream('latin1'));
    const message = openpgp.readMessage({
      armoredMessage: text as unknown as ReadableStream<string>,
      config: CONFIG,
    });
    return (await message) as unknown as PgpMessage;
  } catch (error) {
    throw brokenMessage(error);
  }
}

interface Opened {
  readonly data: Binary;
  readonly signatures: readonly Signature[];
}

async function decrypt(
  message: PgpMessage,
  rings: readonly Keyring[],
  work: PgpWork,
): Promise<Opened> {
  const decryptionKeys = rings.map((ring) => ring.privateKey);
  return await opened(() =>
    openpgp.decrypt({ ...settingsOf(message, rings, work), decryptionKeys }),
  );
}

async function verify(
  message: PgpMessage,
  rings: readonly Keyring[],
  work: PgpWork,
): Promise<Opened> {
  return await opened(() => openpgp.verify(settingsOf(message, rings, work)));
}

function settingsOf(message: PgpMessage, rings: readonly Keyring[], { options }: PgpWork) {
  return {
    message,
    format: 'binary' as const,
    verificationKeys: rings.flatMap((ring) => ring.verificationKeys),
    ...(options === undefined ? {} : { date: options.now }),
    config: CONFIG,
  };
}

async function opened(
  open: () => Promise<{ readonly data: unknown; readonly signatures: readonly Signature[] }>,
): Promise<Opened> {
  try {
    const { data, signatures } = await open();
    return { data: data as Binary, signatures };
  } catch (error) {
    throw brokenMessage(error);
  }
}

async function writeAll(data: Binary, work: PgpWork): Promise<void> {
  const reader = data.getReader();
  for (;;) {
    const next = await reader.read().catch((error: unknown) => {
      throw brokenMessage(error);
    });
    if (next.done) return;
    work.cap.add(next.value.length);
    await work.write(next.value);
  }
}

/** One signature of a known key must hold; one of a known key that does not hold spoils the file. */
async function checkSignatures(
  signatures: readonly Signature[],
  rings: readonly Keyring[],
): Promise<void> {
  const isRequired = rings.some((ring) => ring.isSignatureRequired);
  const outcomes = await Promise.all(signatures.map(outcomeOf));
  const broken = outcomes.find(
    (outcome) => outcome !== undefined && outcome !== 'SIGNATURE_UNKNOWN',
  );
  if (broken !== undefined) throw new FileRefusal(broken, SIGNATURE_WORDS[broken]);
  if (!isRequired || outcomes.includes(undefined)) return;
  const reason = outcomes.length === 0 ? 'SIGNATURE_MISSING' : 'SIGNATURE_UNKNOWN';
  throw new FileRefusal(reason, SIGNATURE_WORDS[reason]);
}

type SignatureProblem =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_UNKNOWN'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_EXPIRED';

const SIGNATURE_WORDS: Readonly<Record<SignatureProblem, string>> = {
  SIGNATURE_MISSING: 'the file is not signed, and its source must sign',
  SIGNATURE_UNKNOWN: 'the file is signed with a key that is none of those under verify',
  SIGNATURE_INVALID:
    'the signature does not fit the file: it was changed, or signed by nobody known',
  SIGNATURE_EXPIRED: 'the signature, or the key it was made with, has expired',
};

async function outcomeOf(signature: Signature): Promise<SignatureProblem | undefined> {
  try {
    await signature.verified;
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message : '';
    if (/could not find signing key/i.test(words)) return 'SIGNATURE_UNKNOWN';
    return /expired/i.test(words) ? 'SIGNATURE_EXPIRED' : 'SIGNATURE_INVALID';
  }
}

function noKey(recipients: readonly openpgp.KeyID[]): FileRefusal {
  if (recipients.length === 0) {
    return new FileRefusal('DECRYPT_NO_KEY', 'the file is encrypted with a password, not to a key');
  }
  const ids = recipients.map((id) => id.toHex()).join(', ');
  return new FileRefusal(
    'DECRYPT_NO_KEY',
    `the file is encrypted to the key ${ids}, and no source has it; give the sender the current public key`,
  );
}

/** What the library says of a message is about the message, unless the disk failed under it. */
function brokenMessage(error: unknown): unknown {
  if (!(error instanceof Error) || 'syscall' in error || error instanceof TypeError) return error;
  if (/session key decryption failed/i.test(error.message)) {
    return new FileRefusal('DECRYPT_NO_KEY', 'none of the keys decrypts the file');
  }
  return new FileRefusal(
    'DECRYPT_INTEGRITY',
    'the encrypted file is damaged, cut, or not protected against change; nothing of it is read',
  );
}
