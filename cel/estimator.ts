import { createRequire } from 'node:module';
import { extname } from 'node:path';

/** Loaded with the first expression that is written; evaluating those that are stored needs none. */
const require = createRequire(import.meta.url);
export const estimator = (): typeof import('./estimate/estimate.ts') =>
  require(`./estimate/estimate${extname(import.meta.url)}`);
