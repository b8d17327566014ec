import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../../../object/status-error.ts';
import type { Attributes, Decision } from '../../authz/authorizer.ts';
import { MemoryListers } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import type { FindParams } from './params.ts';
import { makeValidatingPolicies } from './validating.ts';

const rule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const group = 'admissionregistration.k8s.io';
type Spec = Record<string, unknown>;

/** A plugin over objects put in by hand; `p` is the policy, `b` its binding. */
function world(spec: Spec, binding: Spec = {}, authorize = never) {
  const listers = new MemoryListers();
  const policies = listers.lister(group, 'validatingadmissionpolicies');
  const bindings = listers.lister(group, 'validatingadmissionpolicybindings');
  const configMaps = listers.lister('', 'configmaps');
  const namespaces = listers.lister('', 'namespaces');
  const put = (lister: typeof policies, name: string, parts: Spec) =>
    lister.put({ apiVersion: 'v1', kind: 'X', metadata: { name }, spec: parts });
  const policy = (more: Spec) =>
    put(policies, 'p', { matchConstraints: { resourceRules: [rule] }, ...more });
  const bind = (name: string, more: Spec) =>
    put(bindings, name, { policyName: 'p', validationActions: ['Deny'], ...more });
  policy(spec);
  bind('b', binding);
  namespaces.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'ns', labels: { team: 'a' } },
  });
  const findParams: FindParams = ({ kind }) =>
    kind === 'ConfigMap' || kind === 'Wide'
      ? {
          namespaced: kind === 'ConfigMap',
          get: async (namespace, name) => configMaps.get(namespace, name),
          list: async (namespace) => configMaps.list(namespace),
        }
      : undefined;
  const plugin = makeValidatingPolicies({
    policies,
    bindings,
    namespaces,
    readNamespace: async () => undefined,
    authorize,
    findParams,
  });
  return { plugin, policy, bind, bindings, configMaps };
}

function never(): Decision {
  throw new Error('the authorizer was asked');
}

function podRequest(more: object = {}) {
  const object = makeObject('Pod', 'web', { spec: { replicas: 5, containers: [{ name: 'c' }] } });
  return admissionRequest({ of: 'pods', object, ...more });
}

async function outcome(
  { plugin }: ReturnType<typeof world>,
  request = podRequest(),
): Promise<string | undefined> {
  try {
    await plugin.validate?.(request);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return `${error.code} ${error.reason}: ${error.message}`;
  }
}

const by = `pods "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:`;
const check = (expression: string, more: object = {}) => ({
  validations: [{ expression, ...more }],
});

test('a validation that does not hold refuses the request, in upstream words', async () => {
  const refuses = async (spec: Spec, expected: string | undefined) =>
    assert.equal(await outcome(world(spec)), expected, JSON.stringify(spec));
  await refuses(check('object.spec.replicas <= 5'), undefined);
  const small = 'object.spec.replicas <= 3';
  await refuses(check(` ${small} `), `422 Invalid: ${by} failed expression: ${small}`);
  await refuses(check(small, { message: ' too many ' }), `422 Invalid: ${by} too many`);
  for (const [reason, code] of Object.entries({
    Forbidden: 403,
    Unauthorized: 401,
    RequestEntityTooLarge: 413,
    Invalid: 422,
  })) {
    await refuses(check(small, { reason, message: 'm' }), `${code} ${reason}: ${by} m`);
  }
  const messageExpression = "'at most 3, not ' + string(object.spec.replicas)";
  await refuses(
    check(small, { message: 'm', messageExpression }),
    `422 Invalid: ${by} at most 3, not 5`,
  );
  // what cannot be said is not
  for (const messageExpression of ['"a\\nb"', '" "', 'object.nothing']) {
    await refuses(check(small, { message: 'm', messageExpression }), `422 Invalid: ${by} m`);
  }
  const missing = `expression 'object.x == 1' resulted in error: no such key: x`;
  await refuses(check('object.x == 1'), `422 Invalid: ${by} ${missing}`);
  await refuses({ ...check('object.x == 1'), failurePolicy: 'Ignore' }, undefined);
  await refuses(
    check(
      'object.metadata.namespace == "ns" && oldObject == null && request.operation == "CREATE"',
    ),
    undefined,
  );
  await refuses(check('namespaceObject.metadata.labels["team"] == "a"'), undefined);
});

test('the Status carries the whole message as its cause', async () => {
  const { plugin } = world(check('false', { message: 'm', reason: 'Forbidden' }));
  const message = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: m";
  await assert.rejects(async () => plugin.validate?.(podRequest()), {
    details: { name: 'web', kind: 'pods', causes: [{ message }] },
  });
});

test('variables are computed when they are used, once, and may use those before them', async () => {
  let asked = 0;
  const variables = [
    { name: 'limit', expression: '3' },
    { name: 'fits', expression: 'object.spec.replicas <= variables.limit' },
    { name: 'broken', expression: 'object.x' },
    { name: 'may', expression: 'authorizer.path("/x").check("get").allowed()' },
  ];
  const authorize = (): Decision => {
    asked += 1;
    return { verdict: 'allow', reason: '' };
  };
  const spec = (expression: string) => ({ variables, ...check(expression, { message: 'm' }) });
  assert.equal(await outcome(world(spec('variables.fits'), {}, authorize)), `422 Invalid: ${by} m`);
  assert.equal(asked, 0);
  assert.equal(
    await outcome(world(spec('variables.may && variables.may'), {}, authorize)),
    undefined,
  );
  assert.equal(asked, 1);
  assert.equal(
    await outcome(world(spec('variables.broken == 1'))),
    `422 Invalid: ${by} expression 'variables.broken == 1' resulted in error: composited variable "broken" fails to evaluate: no such key: x`,
  );
});

test('validationActions: Warn and Audit let the request through', async () => {
  const spec = check('object.spec.replicas < 3', { message: 'too <many>' });
  const request = podRequest();
  const { plugin } = world(spec, { validationActions: ['Warn', 'Audit'] });
  await plugin.validate?.(request);
  assert.deepEqual(request.warnings, [
    "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': too <many>",
  ]);
  assert.deepEqual(request.annotations, {
    'validation.policy.admission.k8s.io/validation_failure':
      '[{"message":"too \\u003cmany\\u003e","policy":"p","binding":"b","expressionIndex":0,"validationActions":["Warn","Audit"]}]',
  });
});

test('audit annotations: texts of all bindings, null is none, an error refuses', async () => {
  const annotations = (valueExpression: string) => ({
    auditAnnotations: [{ key: 'k', valueExpression }],
  });
  const noted = async (expression: string) => {
    const request = podRequest();
    assert.equal(await outcome(world(annotations(expression)), request), undefined);
    return request.annotations;
  };
  assert.deepEqual(await noted("' name ' + object.metadata.name"), { 'p/k': 'name web' });
  assert.deepEqual(await noted('null'), {});
  assert.equal(
    await outcome(world(annotations('string(object.x)'), { validationActions: ['Warn'] })),
    `422 Invalid: ${by} expression 'string(object.x)' resulted in error: no such key: x`,
  );
});

test('the authorizer, also one that answers later', async () => {
  const asked: Attributes[] = [];
  const allow = (attributes: Attributes): Decision => {
    asked.push(attributes);
    return attributes.verb === 'use' && attributes.user.name !== 'bob'
      ? { verdict: 'allow', reason: 'so' }
      : { verdict: 'no-opinion', reason: 'no rule' };
  };
  const later = async (attributes: Attributes): Promise<Decision> => {
    await new Promise((resolve) => setImmediate(resolve));
    return allow(attributes);
  };
  const expression = [
    "authorizer.requestResource.check('use').allowed()",
    "authorizer.requestResource.check('use').reason() == 'so'",
    "!authorizer.serviceAccount('ns', 'sa').group('apps').resource('deployments').subresource('scale').namespace('ns').name('n').check('get').allowed()",
  ].join(' && ');
  for (const authorize of [allow, later]) {
    asked.length = 0;
    assert.equal(
      await outcome(world(check(expression), {}, authorize as typeof never)),
      `422 Invalid: ${by} expression '${expression}' resulted in error: operation cancelled: actual cost limit exceeded`,
    );
    const shorter = expression.replace(
      "authorizer.requestResource.check('use').reason() == 'so' && ",
      '',
    );
    asked.length = 0;
    assert.equal(await outcome(world(check(shorter), {}, authorize as typeof never)), undefined);
    assert.deepEqual(
      asked.map(({ user, verb, group, version, resource, subresource, namespace, name }) => [
        user.name,
        [verb, group, version, resource, subresource, namespace, name].join(' '),
      ]),
      [
        ['alice', 'use  * pods  ns web'],
        ['system:serviceaccount:ns:sa', 'get apps * deployments scale ns n'],
      ],
    );
  }
});

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

test('loops cost, and a policy cannot hold the server up', async () => {
  const list = `[${Array.from({ length: 60 }, (_, i) => i).join(',')}]`;
  const loop = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`;
  assert.equal(
    await outcome(world(check(loop))),
    `422 Invalid: ${by} expression '${loop}' resulted in error: operation cancelled: actual cost limit exceeded`,
  );
  const many = { validations: Array.from({ length: 12 }, () => ({ expression: loop })) };
  assert.equal(
    await outcome(world(many)),
    `422 Invalid: ${by} validation failed due to running out of cost budget, no further validation rules will be run`,
  );
});
