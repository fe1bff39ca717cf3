import { stat } from 'node:fs/promises';
import { OperationalError } from '../src/errors.ts';

/** The path itself when a file is there; `not_found` when there is none, or something else. */
export async function regularFile(path: string): Promise<string> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new OperationalError('not_found', `there is no file ${path}`, { cause });
  });
  if (status.isFile()) return path;
  throw new OperationalError('not_found', `${path} is not a file`);
}
