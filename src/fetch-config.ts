import { dirname, resolve } from 'node:path';
import { OperationalError } from './errors.ts';

/** Where a secret is found when it is needed; the configuration never holds one. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** How to prove to an SFTP server who we are. */
export type SftpLogin =
  | { readonly kind: 'password'; readonly password: SecretReference }
  | {
      readonly kind: 'key';
      readonly keyFile: string;
      readonly passphrase: SecretReference | null;
    }
  | { readonly kind: 'agent' };

/** An SFTP server, and how it proves to us who it is. */
export interface SftpServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Accepted fingerprints, `SHA256:` and base64 without padding; never empty. */
  readonly hostKeys: readonly string[];
  readonly login: SftpLogin;
}

/** Where and how the files of a source are fetched. */
export interface FetchConfig {
  /** Null: the directory is a local one. */
  readonly server: SftpServer | null;
  readonly directory: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** The ending of a file that says that the one beside it is complete. */
  readonly doneMarker: string | null;
  readonly markerGraceSeconds: number;
  readonly stableSeconds: number;
  /** Null: what is loaded stays where it is. */
  readonly archive: string | null;
  readonly maxBytes: number;
  readonly connections: number;
  readonly idleTimeoutSeconds: number;
  readonly maxTransferSeconds: number;
}

/** The key `fetch` of a source, as tieout.yaml has it. */
export interface FetchDocument {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly host_key?: readonly string[];
  readonly password_env?: string;
  readonly password_file?: string;
  readonly private_key_file?: string;
  readonly passphrase_env?: string;
  readonly passphrase_file?: string;
  readonly agent?: true;
  readonly directory: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly done_marker?: string;
  readonly marker_grace_seconds?: number;
  readonly stable_seconds?: number;
  readonly archive?: string;
  readonly max_bytes?: number;
  readonly connections?: number;
  readonly idle_timeout_seconds?: number;
  readonly max_transfer_seconds?: number;
}

const DEFAULT_MAX_BYTES = 10 * 1024 ** 3;
const DEFAULT_STABLE_SECONDS = 30;
const ONLY_WITH_HOST = [
  'port',
  'user',
  'host_key',
  'password_env',
  'password_file',
  'private_key_file',
  'passphrase_env',
  'passphrase_file',
  'agent',
] as const;

/** The place that a refusal of the configuration names, and paths are relative to. */
interface Place {
  readonly key: string;
  readonly file: string;
}

/** Reads the key `fetch` of a source; throws `configuration` when it does not say whom to trust or how to log in. */
export function fetchConfigOf(source: string, document: FetchDocument, file: string): FetchConfig {
  const place = { key: `sources.${source}.fetch`, file };
  const server = serverOf(document, place);
  const directoryOf = (path: string) =>
    server === null ? pathOf(path, place) : path.replace(/(?<=.)\/+$/, '');
  return {
    server,
    directory: directoryOf(document.directory),
    include: document.include ?? ['*'],
    exclude: document.exclude ?? [],
    doneMarker: document.done_marker ?? null,
    markerGraceSeconds: document.marker_grace_seconds ?? 3600,
    stableSeconds:
      document.stable_seconds ?? (document.done_marker === undefined ? DEFAULT_STABLE_SECONDS : 0),
    archive: document.archive === undefined ? null : directoryOf(document.archive),
    maxBytes: document.max_bytes ?? DEFAULT_MAX_BYTES,
    connections: document.connections ?? 2,
    idleTimeoutSeconds: document.idle_timeout_seconds ?? 60,
    maxTransferSeconds: document.max_transfer_seconds ?? 7200,
  };
}

function serverOf(document: FetchDocument, place: Place): SftpServer | null {
  const { host, user, host_key: hostKeys } = document;
  if (host === undefined) {
    const stray = ONLY_WITH_HOST.find((key) => document[key] !== undefined);
    if (stray !== undefined) throw refused(place, `has ${stray} and no host`);
    return null;
  }
  if (user === undefined) throw refused(place, 'has a host and no user');
  if (hostKeys === undefined) {
    throw refused(
      place,
      'has a host and no host_key; ask its operator for the SHA256 fingerprint of its key, a key seen on first use is not trusted',
    );
  }
  return { host, port: document.port ?? 22, user, hostKeys, login: loginOf(document, place) };
}

function loginOf(document: FetchDocument, place: Place): SftpLogin {
  const password = secretOf(document, 'password', place);
  const passphrase = secretOf(document, 'passphrase', place);
  const { private_key_file: keyFile } = document;
  if (passphrase !== null && keyFile === undefined) {
    throw refused(place, 'has a passphrase and no private_key_file');
  }
  const logins: SftpLogin[] = [];
  if (password !== null) logins.push({ kind: 'password', password });
  if (keyFile !== undefined) {
    logins.push({ kind: 'key', keyFile: pathOf(keyFile, place), passphrase });
  }
  if (document.agent === true) logins.push({ kind: 'agent' });
  const [login] = logins;
  if (login !== undefined && logins.length === 1) return login;
  const ways = 'password_env, password_file, private_key_file or agent';
  throw refused(place, `needs exactly one of ${ways}, and has ${logins.length}`);
}

function secretOf(
  document: FetchDocument,
  secret: 'password' | 'passphrase',
  place: Place,
): SecretReference | null {
  const name = document[`${secret}_env`];
  const path = document[`${secret}_file`];
  if (name !== undefined && path !== undefined) {
    throw refused(place, `has both ${secret}_env and ${secret}_file`);
  }
  if (name !== undefined) return { kind: 'env', name };
  return path === undefined ? null : { kind: 'file', path: pathOf(path, place) };
}

function pathOf(path: string, place: Place): string {
  return resolve(dirname(place.file), path);
}

function refused(place: Place, what: string): OperationalError {
  return new OperationalError('configuration', `${place.file}: ${place.key} ${what}`);
}
