import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Plain } from './plain.ts';
import type { KindDefinition } from './resource.ts';

/** For tests: what a new object of a kind is refused for, after defaults, in order. */

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };

export function newObject(kind: KindDefinition, spec: Plain, metadata: Plain = {}): KubeObject {
  const object: KubeObject = {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: { name: 'x', namespace: 'default', ...metadata },
    spec: structuredClone(spec),
  };
  kind.default?.(object);
  kind.prepareForCreate?.(object, info);
  return object;
}

export function causeTexts(causes: readonly StatusCause[] | undefined): string[] {
  return (causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
}

/** A test of that name: the spec in, the causes out. */
export function refused(
  kind: KindDefinition,
  name: string,
  spec: Plain,
  expected: readonly string[],
): void {
  void test(name, () => {
    const object = newObject(kind, spec);
    const causes = [...(kind.validate?.(object) ?? []), ...(kind.validateCreate?.(object) ?? [])];
    assert.deepEqual(causeTexts(causes), expected);
  });
}
