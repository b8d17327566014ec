import { type Logger as PinoLogger, pino } from 'pino';

/** The only import of pino. A constant message, what varies in fields: `log.info({ key }, 'created')`. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

/** JSON lines on stderr. `verbosity` is klog's `--v`: 0-1 info, 2-4 debug, above that trace. */
export function createLogger(name: string, verbosity = 0): Logger {
  const level = verbosity >= 5 ? 'trace' : verbosity >= 2 ? 'debug' : 'info';
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
