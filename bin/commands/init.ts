import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import type { CommandContext } from '../command-context.ts';

/** `tieout init`: a commented configuration for a new book. */
export function initCommand(context: CommandContext): Command {
  return new Command('init')
    .description('write a commented tieout.yaml for a new book')
    .argument('[dir]', 'where to', '.')
    .action(async (dir: string) => {
      const folder = resolve(context.cwd, dir);
      const file = join(folder, 'tieout.yaml');
      await mkdir(folder, { recursive: true });
      const text = await readFile(new URL('../tieout.example.yaml', import.meta.url), 'utf8');
      await writeFile(file, text, { flag: 'wx' }).catch((cause: unknown) => {
        throw new OperationalError(
          'cannot_create',
          `${file} cannot be written, or is there already`,
          { cause },
        );
      });
      context.note(
        `wrote ${file}; fill in your accounts, then: tieout ledger import FILE.csv, tieout run FILES`,
      );
    });
}
