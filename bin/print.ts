import { textTable } from '../src/report/text-table.ts';
import type { CommandContext } from './command-context.ts';

/** Prints the one JSON document of a command. */
export async function printJson(context: CommandContext, document: object): Promise<void> {
  await context.out(`${JSON.stringify(document)}\n`);
}

/** Prints rows in aligned columns; a title that begins with `>` aligns its column to the right. */
export async function printTable(
  context: CommandContext,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const columns = titles.map((title) =>
    title.startsWith('>') ? { title: title.slice(1), align: 'right' as const } : { title },
  );
  const lines = textTable({ columns, rows, width: Number.POSITIVE_INFINITY });
  await context.out(`${lines.join('\n')}\n`);
}
