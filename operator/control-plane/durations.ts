import { parseDuration } from '../../object/duration.ts';

/** Milliseconds of a duration that the schema has let through. */
export function milliseconds(duration: string): number {
  const parsed = parseDuration(duration);
  if (parsed === undefined) throw new Error(`${JSON.stringify(duration)} is no duration`);
  return parsed;
}
