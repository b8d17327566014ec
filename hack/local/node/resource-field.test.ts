import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerNamed, resourceField } from './resource-field.ts';

const allocatable = { cpu: '2', memory: '8192Ki' };
const resources = {
  limits: { cpu: '1250m', memory: '64Mi' },
  requests: { cpu: '250m', memory: '32Mi' },
};
const of = (resource: string, divisor?: string, container = { name: 'c', resources }) =>
  resourceField(
    container,
    { resource, ...(divisor === undefined ? {} : { divisor }) },
    allocatable,
  );

test('limits and requests come in the unit that is asked for, rounded up', () => {
  assert.deepEqual(
    [of('limits.cpu'), of('limits.cpu', '1m'), of('requests.cpu'), of('requests.cpu', '0')],
    ['2', '1250', '1', '1'],
  );
  assert.deepEqual(
    [of('limits.memory'), of('requests.memory', '1Mi'), of('requests.memory', '10Mi')],
    ['67108864', '32', '4'],
  );
});

test('without a limit there is the whole node, without a request nothing', () => {
  const free = { name: 'free', resources: { limits: {}, requests: {} } } as never;
  assert.deepEqual(
    [of('limits.cpu', '1', free), of('limits.memory', '1Ki', free), of('requests.cpu', '1', free)],
    ['2', '8192', '0'],
  );
});

test('a container and a resource that are not there are named', () => {
  assert.throws(
    () => containerNamed({ containers: [] }, 'none'),
    /^Error: container none not found$/,
  );
  assert.throws(() => of('usage.cpu'), /^Error: unsupported container resource : usage\.cpu$/);
});
