import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAdminAccess } from './admin-access.ts';

const why =
  'Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace';
const claim = (parts: object) => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { name: 'c', namespace: 'ns' },
  ...parts,
});
const spec = (adminAccess: boolean) => ({
  devices: {
    requests: [
      { name: 'a', exactly: {} },
      { name: 'b', exactly: { adminAccess } },
    ],
  },
});
const granted = (adminAccess: boolean) =>
  claim({ status: { allocation: { devices: { results: [{ adminAccess }] } } } });

/** The causes in a namespace whose label has the value. */
async function causes(
  label: string | undefined,
  ...[resource, change]: Parameters<typeof checkAdminAccess> extends [infer R, infer C, unknown]
    ? [R, C]
    : never
): Promise<string[]> {
  const labels = label === undefined ? {} : { 'resource.kubernetes.io/admin-access': label };
  const found = await checkAdminAccess(resource, change, async (name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  }));
  return found.map(({ field, message }) => `${field}: ${message}`);
}

test('claims for devices in use need a namespace with the label', async () => {
  const made = (next: ReturnType<typeof claim>) => ({ next, old: undefined, subresource: '' });
  const asked = made(claim({ spec: spec(true) }));
  const expected = [`spec.devices.requests[1].adminAccess: ${why}`];
  assert.deepEqual(await causes(undefined, 'resourceclaims', asked), expected);
  assert.deepEqual(await causes('false', 'resourceclaims', asked), expected);
  assert.deepEqual(await causes('true', 'resourceclaims', asked), []);
  assert.deepEqual(await causes(undefined, 'resourceclaims', { ...asked, old: asked.next }), []);
  const modest = made(claim({ spec: spec(false) }));
  assert.deepEqual(await causes(undefined, 'resourceclaims', modest), []);
  const template = made(claim({ spec: { spec: spec(true) } }));
  assert.deepEqual(await causes(undefined, 'resourceclaimtemplates', template), expected);
});

test('so do their allocations', async () => {
  const status = (next: boolean, old: boolean) => ({
    next: granted(next),
    old: granted(old),
    subresource: 'status',
  });
  const expected = [`status.allocation.devices.results[0].adminAccess: ${why}`];
  assert.deepEqual(await causes(undefined, 'resourceclaims', status(true, false)), expected);
  assert.deepEqual(await causes('true', 'resourceclaims', status(true, false)), []);
  assert.deepEqual(await causes(undefined, 'resourceclaims', status(true, true)), []);
});
