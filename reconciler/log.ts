export { createLogger, type Logger, silent } from '../log/log.ts';
