import { createRequire } from 'node:module';

/** The JOSE library, loaded with the first token that is read or signed. */
const require = createRequire(import.meta.url);
export const jose = (): typeof import('jose') => require('jose');
