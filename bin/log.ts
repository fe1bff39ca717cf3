import { type Logger, pino } from 'pino';

/**
 * The log of what a command does, one JSON object a line on standard error, for machines that read it.
 *
 * Written when standard error is not a terminal, or when TIEOUT_LOG_LEVEL asks for it. It holds names of files, counts and
 * reason codes: nothing out of the records themselves. Synchronous, so that no line is lost when the process ends.
 */
export function openLog(env: NodeJS.ProcessEnv): Logger {
  const level = env.TIEOUT_LOG_LEVEL ?? (process.stderr.isTTY ? 'silent' : 'info');
  const known = level === 'silent' || Object.hasOwn(pino.levels.values, level);
  return pino(
    { name: 'tieout', level: known ? level : 'info', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
