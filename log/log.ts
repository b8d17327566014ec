import { lineOf } from './line.ts';
import { writeToStderr } from './stderr.ts';

/** A constant message, what varies in fields: `log.info({ key }, 'created')`. */
export type Log = (fields: object, message: string) => void;
export interface Logger {
  debug: Log;
  info: Log;
  warn: Log;
  error: Log;
}

/** Of which more or less can be heard while the program runs. */
export interface LeveledLogger extends Logger {
  /** klog's `--v`: 0-1 info, from 2 on debug. */
  verbosity: number;
}

const levels = { debug: 20, info: 30, warn: 40, error: 50 };
const nothing: Log = () => {};

/** JSON lines on stderr. */
export function createLogger(name: string, verbosity = 0): LeveledLogger {
  const at =
    (level: number): Log =>
    (fields, message) =>
      writeToStderr(lineOf({ level, time: new Date(), name }, fields, message));
  const debug = at(levels.debug);
  const logger: LeveledLogger = {
    verbosity,
    debug: (fields, message) => {
      if (logger.verbosity >= 2) debug(fields, message);
    },
    info: at(levels.info),
    warn: at(levels.warn),
    error: at(levels.error),
  };
  return logger;
}

export const silent: LeveledLogger = {
  verbosity: 0,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
