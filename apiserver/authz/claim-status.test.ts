import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestInfo, UserInfo } from '../context.ts';
import type { Attributes, Decision } from './authorizer.ts';
import { claimStatusRefusals } from './claim-status.ts';

const info = (verb: string): RequestInfo => ({
  isResourceRequest: true,
  path: '',
  verb,
  apiPrefix: 'apis',
  group: 'resource.k8s.io',
  version: 'v1',
  namespace: 'ns',
  resource: 'resourceclaims',
  subresource: 'status',
  name: 'c',
  parts: [],
  fieldSelector: '',
  labelSelector: '',
});
const nodeNameKey = 'authentication.kubernetes.io/node-name';
const driver = (...nodes: string[]): UserInfo => ({
  name: 'system:serviceaccount:kube-system:driver',
  groups: [],
  extra: { [nodeNameKey]: nodes },
});
const onNode = (...values: string[]) => ({
  devices: { results: [] },
  nodeSelector: {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }],
  },
});
const device = (name: string, more: object = {}) => ({
  driver: name,
  pool: 'p',
  device: 'd',
  ...more,
});

/** What was asked and what came of it; `allowed` holds questions as they are listed in `asked`. */
async function judged(
  next: object,
  old: object,
  { user = driver(), verb = 'update', allowed = [] as string[], decision }: Options = {},
) {
  const asked: string[] = [];
  const claim = (status: object) => ({
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name: 'c', namespace: 'ns' },
    status,
  });
  const causes = await claimStatusRefusals(
    { user, info: info(verb), next: claim(next), old: claim(old) },
    (a: Attributes): Decision => {
      const question = `${a.verb} ${a.resource}/${a.subresource} ${a.namespace}/${a.name}`;
      asked.push(question);
      if (allowed.includes(question)) return { verdict: 'allow', reason: '' };
      return decision ?? { verdict: 'no-opinion', reason: '' };
    },
  );
  return { asked, causes: causes.map(({ field, message }) => `${field}: ${message}`) };
}

interface Options {
  user?: UserInfo;
  verb?: string;
  allowed?: string[];
  decision?: Decision;
}

test('what a claim is given needs resourceclaims/binding everywhere', async () => {
  const asked = ['update resourceclaims/binding /'];
  const refusal =
    'status: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: resourceclaims.resource.k8s.io is forbidden: User "system:serviceaccount:kube-system:driver" cannot update resource "resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope';
  assert.deepEqual(await judged({ allocation: {} }, {}), { asked, causes: [refusal] });
  const reserved = { reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }] };
  assert.deepEqual(await judged({}, reserved), { asked, causes: [refusal] });
  assert.deepEqual(await judged(reserved, {}, { allowed: asked }), { asked, causes: [] });
  assert.deepEqual(await judged({ reservedFor: [] }, {}), { asked: [], causes: [] });
  assert.deepEqual(await judged({ allocation: onNode('n') }, { allocation: onNode('n') }), {
    asked: [],
    causes: [],
  });
});

test('what drivers say needs resourceclaims/driver under their names', async () => {
  const next = { devices: [device('b'), device('same'), device('c', { data: {} })] };
  const old = { devices: [device('same'), device('c', { data: { x: 1 } }), device('a')] };
  const asked = ['a', 'b', 'c'].map(
    (name) => `arbitrary-node:patch resourceclaims/driver ns/${name}`,
  );
  const refusal = (name: string): string =>
    `status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[arbitrary-node:patch]" permission: resourceclaims.resource.k8s.io "${name}" is forbidden: User "system:serviceaccount:kube-system:driver" cannot arbitrary-node:patch resource "resourceclaims/driver" in API group "resource.k8s.io" in the namespace "ns"`;
  assert.deepEqual(await judged(next, old, { verb: 'patch', allowed: [asked[1] as string] }), {
    asked,
    causes: [refusal('a'), refusal('c')],
  });
  const share = { shareID: 'ce6e4bd4-0a6b-4a5b-8cbb-0c6a1e0d0b8f' };
  const shared = await judged({ devices: [device('a', share)] }, { devices: [device('a')] });
  assert.equal(shared.causes.length, 1);
});

test('a driver on the node of the claim may be allowed there alone', async () => {
  const allocation = onNode('n1');
  const [near, far] = ['associated-node', 'arbitrary-node'].map(
    (prefix) => `${prefix}:update resourceclaims/driver ns/a`,
  ) as [string, string];
  const change = (given: object) =>
    [{ allocation: given, devices: [device('a')] }, { allocation: given }] as const;
  const at = (user: UserInfo, allowed: string[], given: object = allocation) =>
    judged(...change(given), { user, allowed });
  assert.deepEqual(await at(driver('n1'), [near]), { asked: [near], causes: [] });
  assert.deepEqual(await at(driver('n1'), [far]), { asked: [near, far], causes: [] });
  const both = await at(driver('n1'), []);
  assert.match(
    both.causes[0] as string,
    /verb="\[associated-node:update arbitrary-node:update\]" permission: .* cannot associated-node:update resource/,
  );
  for (const [user, given] of [
    [driver('n2'), allocation],
    [driver('n1', 'n2'), allocation],
    [driver(), allocation],
    [{ name: 'alice', groups: [], extra: { [nodeNameKey]: ['n1'] } }, allocation],
    [driver('n1'), onNode('n1', 'n2')],
    [driver('n1'), {}],
  ] as const) {
    assert.deepEqual((await at(user, [near], given)).asked, [far]);
  }
});

test('why an authorizer refused is told, an error of it first', async () => {
  const told = async (decision: Decision): Promise<string> =>
    ((await judged({ allocation: {} }, {}, { decision })).causes[0] as string).replace(
      /^.* at the cluster scope/,
      '',
    );
  assert.equal(await told({ verdict: 'deny', reason: 'no' }), ': no');
  assert.equal(await told({ verdict: 'no-opinion', reason: 'no', error: 'down' }), ': down: no');
  assert.equal(await told({ verdict: 'no-opinion', reason: '', error: 'down' }), ': down');
});
