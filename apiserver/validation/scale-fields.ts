import { fieldInvalid } from '../../object/field-error.ts';
import { goFormat, goType } from '../../object/go-format.ts';
import { isWhole } from '../../object/json.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { ScaleSubresource } from '../apis/resource.ts';

const maxInt32 = 2 ** 31 - 1;

type Fields = Record<string, unknown>;

/**
 * The fields of a custom object that its Scale shows must be ones that a Scale can hold, whatever the
 * schema says (apiextensions-apiserver customresource validator.go). A write to the status is asked for
 * those of the status alone.
 */
export function scaleFaults(object: Fields, scale: ScaleSubresource, door: string): StatusCause[] {
  const faults = replicasFaults(object, scale.statusReplicasPath);
  if (door !== 'status') faults.unshift(...replicasFaults(object, scale.specReplicasPath));
  const selector = scale.labelSelectorPath;
  if (selector !== undefined) {
    const { value, fault } = nested(object, selector, 'string', isText);
    if (fault !== undefined) faults.push(fieldInvalid(`.${selector}`, value, fault));
  }
  return faults;
}

const isText = (value: unknown): value is string => typeof value === 'string';

function replicasFaults(object: Fields, path: string): StatusCause[] {
  const { value, fault } = nested(object, path, 'int64', isWhole);
  const why = fault ?? outOfRange(value ?? 0);
  return why === undefined ? [] : [fieldInvalid(`.${path}`, value ?? 0, why)];
}

function outOfRange(replicas: number | bigint): string | undefined {
  if (replicas < 0) return 'should be a non-negative integer';
  return replicas > maxInt32 ? `should be less than or equal to ${maxInt32}` : undefined;
}

/** A field of a type; what it is instead, in upstream's words (unstructured helpers.go). */
function nested<T>(
  object: Fields,
  path: string,
  type: string,
  fits: (value: unknown) => value is T,
): { value?: T; fault?: string } {
  const wrong = (at: readonly string[], found: unknown, wanted: string): string => {
    const shown = found === null ? '<nil>' : goType(found);
    return `.${at.join('.')} accessor error: ${goFormat(found)} is of the type ${shown}, expected ${wanted}`;
  };
  const names = path.split('.');
  let found: unknown = object;
  for (const [i, name] of names.entries()) {
    if (found === null) return {};
    if (typeof found !== 'object' || Array.isArray(found)) {
      return { fault: wrong(names.slice(0, i + 1), found, 'map[string]interface{}') };
    }
    if (!Object.hasOwn(found, name)) return {};
    found = (found as Fields)[name];
  }
  return fits(found) ? { value: found } : { fault: wrong(names, found, type) };
}
