/** What lies at a path, links not followed. */
export type FileKind = 'file' | 'directory' | 'other';

/** What a server says about a file; null where it says nothing. */
export interface FileAttributes {
  readonly kind: FileKind | null;
  readonly size: number | null;
  /** Milliseconds since 1970; SFTP tells whole seconds. */
  readonly modifiedAt: number | null;
}

/** A file open for reading. */
export interface OpenedFile {
  attributes(): Promise<FileAttributes>;
  /** Reads at most the length of the buffer from a byte position; 0 is the end of the file. */
  read(buffer: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * One connection to a directory of files, over SFTP or on this machine.
 *
 * Failures of the connection are an `OperationalError`, after which it is of no more use; what one file is at fault for is
 * a `FileRefusal`.
 */
export interface Transport {
  /** False once the connection has failed or was closed. */
  readonly isOpen: boolean;
  /** The names in the directory, without `.` and `..`; throws when it cannot be listed, and never leaves one out. */
  list(): Promise<readonly string[]>;
  /** Undefined when there is nothing at the path. */
  attributes(path: string): Promise<FileAttributes | undefined>;
  open(path: string): Promise<OpenedFile>;
  /** Moves a file; never onto another one. */
  move(from: string, to: string): Promise<void>;
  /** Gives the connection up at once: everything under way fails with this error. */
  abort(error: Error): void;
  close(): Promise<void>;
}

/** The path of a name in a directory; the name must be safe. */
export function pathIn(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}
