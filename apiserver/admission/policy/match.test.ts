import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionRequest, makeObject } from '../request-double.ts';
import { by, check, group, outcome, podRequest, rule, type Spec, world } from './policy-double.ts';

test('matching: rules, exclusions, names, selectors, bindings; policies do not see themselves', async () => {
  const no = check('false', { message: 'm' });
  const denied = `422 Invalid: ${by} m`;
  const cases: [constraints: object, binding: Spec, expected: string | undefined][] = [
    [{ resourceRules: [rule] }, {}, denied],
    [{ resourceRules: [{ ...rule, operations: ['DELETE'] }] }, {}, undefined],
    [{ resourceRules: [{ ...rule, resourceNames: ['db'] }] }, {}, undefined],
    [{ resourceRules: [{ ...rule, resourceNames: ['web'] }] }, {}, denied],
    [{ resourceRules: [rule], excludeResourceRules: [rule] }, {}, undefined],
    [{ resourceRules: [rule], namespaceSelector: { matchLabels: { team: 'b' } } }, {}, undefined],
    [{ resourceRules: [rule], objectSelector: { matchLabels: { app: 'b' } } }, {}, undefined],
    [
      { resourceRules: [rule] },
      { matchResources: { namespaceSelector: { matchLabels: { team: 'b' } } } },
      undefined,
    ],
    [
      { resourceRules: [rule] },
      { matchResources: { namespaceSelector: { matchLabels: { team: 'a' } } } },
      denied,
    ],
    [
      { resourceRules: [rule] },
      { matchResources: { resourceRules: [{ ...rule, resources: ['services'] }] } },
      undefined,
    ],
    [{ resourceRules: [rule] }, { policyName: 'other' }, undefined],
  ];
  for (const [matchConstraints, binding, expected] of cases) {
    const title = JSON.stringify([matchConstraints, binding]);
    assert.equal(await outcome(world({ ...no, matchConstraints }, binding)), expected, title);
  }
  const everything = { ...rule, apiGroups: ['*'], resources: ['*'] };
  const all = world({ ...no, matchConstraints: { resourceRules: [everything] } });
  for (const [of, ownGroup, expected] of [
    ['validatingadmissionpolicies', group, false],
    ['subjectaccessreviews', 'authorization.k8s.io', false],
    ['validatingwebhookconfigurations', group, true],
  ] as const) {
    const request = admissionRequest({ of, group: ownGroup, object: makeObject('X', 'x') });
    assert.equal((await outcome(all, request)) !== undefined, expected, of);
  }
  const conditional = (expression: string) => ({
    ...no,
    matchConditions: [{ name: 'c', expression }],
  });
  assert.equal(await outcome(world(conditional('request.userInfo.username == "bob"'))), undefined);
  assert.equal(await outcome(world(conditional('request.userInfo.username == "alice"'))), denied);
  assert.equal(
    await outcome(world(conditional('object.x == 1'))),
    `422 Invalid: ${by} expression 'object.x == 1' resulted in error: no such key: x`,
  );
});

test('a request that no policy wants is not waited for; a change is seen by the next one', async () => {
  const all = world(check('true'));
  assert.equal(all.plugin.validate?.(admissionRequest({ of: 'services' })), undefined);
  assert.equal(await outcome(all), undefined);
  all.policy(check('false', { message: 'now' }));
  assert.equal(await outcome(all), `422 Invalid: ${by} now`);
  all.bindings.remove('', 'b');
  assert.equal(all.plugin.validate?.(podRequest()), undefined);
});

test('parameters: by name, by selector, missing ones, and what is configured wrongly', async () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const spec = {
    paramKind,
    ...check('object.spec.replicas <= int(params.data.max)', { message: 'm' }),
  };
  const run = (kind: object, ref: object | undefined) => {
    const made = world({ ...spec, paramKind: { ...paramKind, ...kind } }, { paramRef: ref });
    for (const [name, max] of Object.entries({ low: '3', high: '9' })) {
      made.configMaps.put({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'ns', labels: { size: name } },
        data: { max },
      });
    }
    return outcome(made);
  };
  const denied = `422 Invalid: ${by} m`;
  const wrong = (why: string) => `422 Invalid: ${by} failed to configure binding: ${why}`;
  const parameterNotFoundAction = 'Deny';
  assert.equal(await run({}, { name: 'low' }), denied);
  assert.equal(await run({}, { name: 'high', namespace: 'ns' }), undefined);
  assert.equal(await run({}, { name: 'none', parameterNotFoundAction: 'Allow' }), undefined);
  assert.equal(await run({}, { selector: { matchLabels: { size: 'high' } } }), undefined);
  assert.equal(await run({}, { selector: {} }), denied);
  assert.equal(
    await run({}, { name: 'low', namespace: 'elsewhere', parameterNotFoundAction }),
    wrong('no params found for policy binding with `Deny` parameterNotFoundAction'),
  );
  assert.equal(
    await run({ kind: 'Wide' }, { name: 'low', namespace: 'ns' }),
    wrong('paramRef.namespace must not be provided for a cluster-scoped `paramKind`'),
  );
  assert.equal(
    await run({ apiVersion: 'example.com/v1', kind: 'Gone' }, { name: 'low' }),
    `422 Invalid: pods "web" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Gone'`,
  );
  assert.match(String(await run({}, undefined)), /no such key: data|no such overload/);
});
