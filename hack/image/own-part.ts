import { readFileSync } from 'node:fs';

/**
 * The part that a bundled program runs: the last that it keeps of its start (code-cache/parts.ts). Parts that were
 * made before may lie beside it.
 */
export function ownPart(program: string): string {
  const [part] = /run-\w+\.js/.exec(readFileSync(program, 'latin1')) ?? [];
  if (part === undefined) throw new Error(`${program} is no bundled program`);
  return part;
}
