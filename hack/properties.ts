import { env } from 'node:process';
import fc from 'fast-check';

/**
 * Loaded before a test file with properties. By default every run tries the same examples, so that
 * a verdict depends on the tree alone; PROPERTY_RUNS=N tries N others of each property, to look
 * for what those examples miss.
 */
const runs = Number(env.PROPERTY_RUNS ?? 0);
fc.configureGlobal(runs > 0 ? { numRuns: runs } : { seed: 20_260_401 });
