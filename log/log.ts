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

const levels = { debug: 20, info: 30, warn: 40, error: 50 };
const nothing: Log = () => {};

/** JSON lines on stderr. `verbosity` is klog's `--v`: 0-1 info, from 2 on debug. */
export function createLogger(name: string, verbosity = 0): Logger {
  const at =
    (level: number): Log =>
    (fields, message) =>
      writeToStderr(lineOf({ level, time: new Date(), name }, fields, message));
  return {
    debug: verbosity >= 2 ? at(levels.debug) : nothing,
    info: at(levels.info),
    warn: at(levels.warn),
    error: at(levels.error),
  };
}

export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
