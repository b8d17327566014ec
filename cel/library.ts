import { createRequire } from 'node:module';

/** The CEL library, loaded with the first expression: a server without custom rules needs none. */
const require = createRequire(import.meta.url);
export const library = (): typeof import('@marcbachmann/cel-js') => require('@marcbachmann/cel-js');
