import { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import type { FetchOutcome } from '../../src/ingest/fetch.ts';
import type { CommandContext } from '../command-context.ts';
import { endWith, fetchAndTell, fetchJson, sourcesToFetch } from '../fetch-output.ts';
import { printJson } from '../print.ts';
import { type BookOptions, inSession, withBook } from '../session.ts';

interface FetchCommandOptions extends BookOptions {
  readonly source?: string[];
}

/** `tieout fetch`: brings the files of the configured senders here, without loading them. */
export function fetchCommand(context: CommandContext): Command {
  return withBook(new Command('fetch'))
    .description('fetch files from SFTP servers and directories, each verified and once')
    .option('--source <source...>', 'only these sources; default all that say where to fetch')
    .action(async (options: FetchCommandOptions) => {
      await inSession(context, options, async (session) => {
        const sources = sourcesToFetch(session.config, options.source);
        if (sources.length === 0) {
          const text = 'no source has a key fetch in the configuration: there is nowhere to fetch';
          throw new OperationalError('configuration', text);
        }
        const outcome = await fetchAndTell(context, session, sources);
        await (options.json
          ? printJson(context, fetchJson(outcome))
          : context.out(`${fetchText(outcome)}\n`));
        endWith(context, [outcome]);
      });
    });
}

function fetchText({ fetched, known, problems, failures, toLoad }: FetchOutcome): string {
  const refused = problems.filter(({ isRefusal }) => isRefusal).length;
  return [
    `${fetched.length} fetched`,
    `${known} known already`,
    `${refused} refused`,
    `${failures.length} sources failed`,
    `${toLoad.length} wait to be loaded by the next run`,
  ].join(', ');
}
