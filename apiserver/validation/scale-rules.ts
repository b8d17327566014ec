import { fieldInvalid } from '../../object/field-error.ts';
import { goFormat, goType } from '../../object/go-format.ts';
import { isWhole } from '../../object/json.ts';
import type { StatusCause } from '../../object/status-error.ts';

/** Where a definition's version has what its objects are scaled by: JSON paths below `.spec` and `.status`. */
export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

type Fields = Record<string, unknown>;

/** Paths of numbers that are floats though they are whole. */
type Floats = ReadonlySet<string>;

const int32Max = 2 ** 31 - 1;

/** Whatever the schema says, numbers of replicas are such, and a selector is a text (registry/customresource validator.go). */
export function validateScale(object: Fields, paths: ScalePaths, floats?: Floats): StatusCause[] {
  return [
    ...replicasErrors(object, paths.specReplicasPath, floats),
    ...validateScaleStatus(object, paths, floats),
  ];
}

export function validateScaleStatus(
  object: Fields,
  paths: ScalePaths,
  floats?: Floats,
): StatusCause[] {
  const { statusReplicasPath, labelSelectorPath } = paths;
  const errors = replicasErrors(object, statusReplicasPath, floats);
  if (labelSelectorPath === undefined) return errors;
  const { value, wrong } = read(object, labelSelectorPath);
  const why = wrong ?? typeError(labelSelectorPath, value, 'string', typeof value === 'string');
  return why === undefined ? errors : [...errors, fieldInvalid(labelSelectorPath, '', why)];
}

function replicasErrors(object: Fields, path: string, floats?: Floats): StatusCause[] {
  const { value, wrong } = read(object, path);
  const whole = isWhole(value) && floats?.has(path.replace(/^\./, '')) !== true;
  const why = wrong ?? typeError(path, value, 'int64', whole);
  if (why !== undefined) return [fieldInvalid(path, 0, why)];
  const replicas = value as number | bigint | undefined;
  if (replicas === undefined) return [];
  if (replicas < 0) return [fieldInvalid(path, replicas, 'should be a non-negative integer')];
  if (replicas <= int32Max) return [];
  return [fieldInvalid(path, replicas, `should be less than or equal to ${int32Max}`)];
}

/** What stands at a path, as upstream's unstructured.NestedFieldNoCopy reads it: nothing is no error. */
function read(object: Fields, path: string): { value?: unknown; wrong?: string } {
  const names = path.replace(/^\./, '').split('.');
  let at: unknown = object;
  for (const [i, name] of names.entries()) {
    if (at === null) return {};
    if (typeof at !== 'object' || Array.isArray(at)) {
      const above = `.${names.slice(0, i + 1).join('.')}`;
      return { wrong: typeError(above, at, 'map[string]interface{}', false) ?? '' };
    }
    if (!Object.hasOwn(at, name)) return {};
    at = (at as Fields)[name];
  }
  return { value: at };
}

function typeError(
  path: string,
  value: unknown,
  expected: string,
  fits: boolean,
): string | undefined {
  if (value === undefined || fits) return undefined;
  const float = expected === 'int64' && typeof value === 'number';
  const type = value === null ? '<nil>' : float ? 'float64' : goType(value);
  return `${path} accessor error: ${goFormat(value)} is of the type ${type}, expected ${expected}`;
}
