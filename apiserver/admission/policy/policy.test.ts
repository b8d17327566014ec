import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes, Decision } from '../../authz/authorizer.ts';
import { by, check, outcome, podRequest, type Spec, world } from './policy-double.ts';

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
      await outcome(world(check(expression), {}, authorize)),
      `422 Invalid: ${by} expression '${expression}' resulted in error: operation cancelled: actual cost limit exceeded`,
    );
    const shorter = expression.replace(
      "authorizer.requestResource.check('use').reason() == 'so' && ",
      '',
    );
    asked.length = 0;
    assert.equal(await outcome(world(check(shorter), {}, authorize)), undefined);
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

test('messages are paid for whatever holds', async () => {
  const list = `[${Array.from({ length: 60 }, (_, i) => i).join(',')}]`;
  const loop = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`;
  const messages = (count: number) => ({
    validations: Array.from({ length: count }, () => ({
      expression: 'true',
      messageExpression: `${loop} ? 'a' : 'b'`,
    })),
  });
  assert.equal(await outcome(world(messages(3))), undefined);
  assert.equal(
    await outcome(world(messages(12))),
    `422 Invalid: ${by} failed messageExpression: validation failed due to running out of cost budget, no further validation rules will be run`,
  );
  assert.equal(await outcome(world({ ...messages(12), failurePolicy: 'Ignore' })), undefined);
});

test('messages and annotations do not know what the user may do', async () => {
  const may = "authorizer.path('/x').check('get').allowed()";
  const valueExpression = `string(${may})`;
  assert.equal(
    await outcome(world({ auditAnnotations: [{ key: 'k', valueExpression }] })),
    `422 Invalid: ${by} expression '${valueExpression}' resulted in error: no such attribute(s): authorizer`,
  );
  const variables = [{ name: 'may', expression: may }];
  const said = check('false', { message: 'm', messageExpression: 'string(variables.may)' });
  assert.equal(await outcome(world({ variables, ...said })), `422 Invalid: ${by} m`);
});
