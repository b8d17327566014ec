import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindDefinition } from '../resource.ts';
import { createCauses, statusCauses } from '../validation-fixture.ts';
import { mutatingAdmissionPolicyBinding } from './mutating-admission-policy-binding.ts';
import { mutatingAdmissionPolicy } from './mutating-admission-policy.ts';
import { mutatingWebhookConfiguration } from './mutating-webhook-configuration.ts';
import { validatingAdmissionPolicyBinding } from './validating-admission-policy-binding.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';
import { validatingWebhookConfiguration } from './validating-webhook-configuration.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

const rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
const hook = (rest: object) => ({
  name: 'a.b.c',
  clientConfig: { url: 'https://h/p' },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...rest,
});
const form = '; desired format: https://host[/path]';

test('webhooks', () => {
  const at = 'webhooks[0]';
  const one = (rest: object) => ({ webhooks: [hook(rest)] });
  const url = (text: string) => one({ clientConfig: { url: text } });
  const service = (rest: object) =>
    one({ clientConfig: { service: { name: 'n', namespace: 's', ...rest } } });
  const rules = (rest: object) => one({ rules: [{ ...rule, ...rest }] });
  creates(validatingWebhookConfiguration, [
    [one({}), []],
    [
      { webhooks: [{}] },
      [
        `${at}.name: Required value`,
        `${at}.sideEffects: Required value: must specify one of None, NoneOnDryRun`,
        `${at}.clientConfig: Required value: exactly one of url or service is required`,
        `${at}.admissionReviewVersions: Required value: must specify one of v1, v1beta1`,
      ],
    ],
    [
      one({
        name: 'a.b',
        failurePolicy: 'x',
        matchPolicy: 'x',
        sideEffects: 'Some',
        timeoutSeconds: 31,
        admissionReviewVersions: ['v2', 'v2', 'A'],
      }),
      [
        `${at}.name: Invalid value: "a.b": should be a domain with at least three segments separated by dots`,
        `${at}.failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"`,
        `${at}.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"`,
        `${at}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`,
        `${at}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`,
        `${at}.admissionReviewVersions[1]: Invalid value: "v2": duplicate version`,
        `${at}.admissionReviewVersions[2]: Invalid value: "A": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
        `${at}.admissionReviewVersions: Invalid value: ["v2","v2","A"]: must include at least one of v1, v1beta1`,
      ],
    ],
    [{ webhooks: [hook({}), hook({})] }, ['webhooks[1].name: Duplicate value: "a.b.c"']],
    [
      url('http://u:p@/x?q=1#f'),
      [
        `${at}.clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme${form}`,
        `${at}.clientConfig.url: Invalid value: "": host must be specified${form}`,
        `${at}.clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL`,
        `${at}.clientConfig.url: Invalid value: "f": fragments are not permitted in the URL`,
        `${at}.clientConfig.url: Invalid value: "q=1": query parameters are not permitted in the URL`,
      ],
    ],
    ...[
      ['https://h:port/x', 'invalid port ":port" after host'],
      ['https://a b/x', 'invalid character " " in host name'],
      ['1.2.3.4:443/x', 'first path segment in URL cannot contain colon'],
      [':x', 'missing protocol scheme'],
      ['h/%zz', 'invalid URL escape "%zz"'],
    ].map(([text = '', why = '']): [object, string[]] => [
      url(text),
      [
        `${at}.clientConfig.url: Required value: url must be a valid URL: parse "${text}": ${why}${form}`,
      ],
    ]),
    [
      service({ name: '', port: 70_000, path: 'a//B' }),
      [
        `${at}.clientConfig.service.namespace: Required value`,
        `${at}.clientConfig.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive`,
        `${at}.clientConfig.service.path: Invalid value: "a//B": must start with a '/'`,
        `${at}.clientConfig.service.path: Invalid value: "a//B": segment[0] may not be empty`,
        `${at}.clientConfig.service.path: Invalid value: "a//B": segment[1] may not be empty`,
        `${at}.clientConfig.service.path: Invalid value: "a//B": segment[2]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    ],
    [
      rules({
        operations: ['*', 'FLY'],
        apiGroups: ['*', 'a'],
        apiVersions: ['*', ''],
        scope: 'World',
      }),
      [
        `${at}.rules[0].operations: Invalid value: ["*","FLY"]: if '*' is present, must not specify other operations`,
        `${at}.rules[0].operations[1]: Unsupported value: "FLY": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`,
        `${at}.rules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other API groups`,
        `${at}.rules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`,
        `${at}.rules[0].apiVersions[1]: Required value`,
        `${at}.rules[0].scope: Unsupported value: "World": supported values: "*", "Cluster", "Namespaced"`,
      ],
    ],
    [
      rules({ resources: ['pods/*', 'pods/log', '*/scale', 'a/scale', '*', 'b', '*/*'] }),
      [
        `${at}.rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
        `${at}.rules[0].resources[3]: Invalid value: "a/scale": if '*/scale' is present, must not specify a/scale`,
        `${at}.rules[0].resources: Invalid value: ["pods/*","pods/log","*/scale","a/scale","*","b","*/*"]: if '*/*' is present, must not specify other resources`,
        `${at}.rules[0].resources: Invalid value: ["pods/*","pods/log","*/scale","a/scale","*","b","*/*"]: if '*' is present, must not specify other resources without subresources`,
      ],
    ],
    [
      one({
        matchConditions: [
          { name: 'a', expression: ' ' },
          { expression: 'true' },
          { name: 'a', expression: 'true' },
        ],
      }),
      [
        `${at}.matchConditions[0].expression: Required value`,
        `${at}.matchConditions[1].name: Required value`,
        `${at}.matchConditions[2].name: Duplicate value: "a"`,
      ],
    ],
  ]);
  creates(mutatingWebhookConfiguration, [
    [
      one({ reinvocationPolicy: 'Always' }),
      [
        `${at}.reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"`,
      ],
    ],
  ]);
});

test('expressions of webhooks and policies compile when they are written', () => {
  const undeclared = (name: string, text: string, at: number) =>
    `compilation failed: ERROR: <input>:1:${at + 1}: undeclared reference to '${name}' (in container '')\n | ${text}\n | ${'.'.repeat(at)}^`;
  const condition = (expression: string) => ({
    webhooks: [hook({ matchConditions: [{ name: 'a', expression }] })],
  });
  const wrong = (field: string, expression: string, why: string) => [
    `${field}: Invalid value: ${JSON.stringify(expression)}: ${why}`,
  ];
  const first = 'webhooks[0].matchConditions[0].expression';
  const many =
    "request.userInfo.groups.exists(g, g == 'x') && authorizer.requestResource.check('x').allowed()";
  creates(validatingWebhookConfiguration, [
    [condition(many), []],
    [condition('params.x'), wrong(first, 'params.x', undeclared('params', 'params.x', 0))],
    [condition('object.x'), wrong(first, 'object.x', 'must evaluate to bool but got dyn')],
    [condition('"x"'), wrong(first, '"x"', 'must evaluate to bool but got string')],
    [
      condition('request.foo == 1'),
      wrong(
        first,
        'request.foo == 1',
        "compilation failed: ERROR: <input>:1:8: undefined field 'foo'\n | request.foo == 1\n | .......^",
      ),
    ],
  ]);
  const policy = (rest: object) => ({
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'variables.b', messageExpression: 'variables.a' }],
      variables: [
        { name: 'a', expression: '"x"' },
        { name: 'b', expression: 'variables.a == "y"' },
      ],
      auditAnnotations: [{ key: 'k', valueExpression: 'null' }],
      ...rest,
    },
  });
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const validations = (expression: string) => ({ validations: [{ expression }] });
  const validation = 'spec.validations[0].expression';
  creates(validatingAdmissionPolicy, [
    [policy({}), []],
    [
      policy({
        paramKind,
        ...validations('params.data.x == "1" && namespaceObject.metadata.name != ""'),
      }),
      [],
    ],
    [
      policy(validations('params == null')),
      wrong(validation, 'params == null', undeclared('params', 'params == null', 0)),
    ],
    [
      policy(validations('variables.a')),
      wrong(validation, 'variables.a', 'must evaluate to bool but got string'),
    ],
    [
      policy({ variables: [], ...validations('variables.a == 1') }),
      wrong(validation, 'variables.a == 1', undeclared('variables', 'variables.a == 1', 0)),
    ],
    [
      policy({ matchConditions: [{ name: 'a', expression: 'variables.b' }] }),
      wrong(
        'spec.matchConditions[0].expression',
        'variables.b',
        undeclared('variables', 'variables.b', 0),
      ),
    ],
    [
      policy({ auditAnnotations: [{ key: 'k', valueExpression: ' 1 ' }] }),
      wrong(
        'spec.auditAnnotations[0].valueExpression',
        ' 1 ',
        'must evaluate to one of [string null_type] but got int',
      ),
    ],
    [
      policy({
        validations: [{ expression: 'true', messageExpression: 'string(authorizer != null)' }],
      }),
      wrong(
        'spec.validations[0].messageExpression',
        'string(authorizer != null)',
        undeclared('authorizer', 'string(authorizer != null)', 7),
      ),
    ],
  ]);
});

test('mutations give an Object, or a list of JSONPatch', () => {
  const policy = (mutation: object) => ({
    spec: {
      matchConstraints: { resourceRules: [rule] },
      reinvocationPolicy: 'Never',
      mutations: [mutation],
    },
  });
  const apply = (expression: string) =>
    policy({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
  const patch = (expression: string) =>
    policy({ patchType: 'JSONPatch', jsonPatch: { expression } });
  const at = 'spec.mutations[0]';
  creates(mutatingAdmissionPolicy, [
    [apply('Object{spec: Object.spec{replicas: 3}}'), []],
    [
      patch('[JSONPatch{op: "add", path: "/a/" + jsonpatch.escapeKey("b/c"), value: {"x": 1}}]'),
      [],
    ],
    [
      apply('Object.spec{replicas: 3}'),
      [
        `${at}.applyConfiguration.expression: Invalid value: "Object.spec{replicas: 3}": must evaluate to Object but got Object.spec`,
      ],
    ],
    [
      patch("'x'"),
      [
        `${at}.jsonPatch.expression: Invalid value: "'x'": must evaluate to list(JSONPatch) but got string`,
      ],
    ],
    [
      apply('Object{spec: Object.spec{replicas: foo}}'),
      [
        `${at}.applyConfiguration.expression: Invalid value: "Object{spec: Object.spec{replicas: foo}}": compilation failed: ERROR: <input>:1:36: undeclared reference to 'foo' (in container '')\n | Object{spec: Object.spec{replicas: foo}}\n | ${'.'.repeat(35)}^`,
      ],
    ],
  ]);
});

test('mutations are unions, and nothing that is deleted is changed', () => {
  const policy = (mutations: object[], operations = ['CREATE'], rest = {}) => ({
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations }] },
      reinvocationPolicy: 'Never',
      mutations,
      ...rest,
    },
  });
  const applyConfiguration = { expression: 'Object{}' };
  const jsonPatch = { expression: ' [] ' };
  const at = 'spec.mutations';
  creates(mutatingAdmissionPolicy, [
    [
      policy([
        {},
        { patchType: 'Merge' },
        { patchType: 'JSONPatch', applyConfiguration },
        { patchType: 'ApplyConfiguration', jsonPatch },
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: ' ' }, jsonPatch },
      ]),
      [
        `${at}[0].patchType: Required value`,
        `${at}[1].patchType: Unsupported value: "Merge": supported values: "ApplyConfiguration", "JSONPatch"`,
        `${at}[2].jsonPatch: Required value: must be specified when patchType is JSONPatch`,
        `${at}[2].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch`,
        `${at}[3].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration`,
        `${at}[3].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration`,
        `${at}[4].applyConfiguration.expression: Required value`,
        `${at}[4].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration`,
      ],
    ],
    [
      policy([{ patchType: 'ApplyConfiguration', applyConfiguration }], ['DELETE'], {
        reinvocationPolicy: undefined,
      }),
      [
        'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
        'spec.reinvocationPolicy: Required value',
      ],
    ],
    [
      policy([
        { patchType: 'JSONPatch', jsonPatch: { expression: ' "x" ' } },
        { patchType: 'JSONPatch', jsonPatch: { expression: 'variables.x' } },
      ]),
      [
        `${at}[0].jsonPatch.expression: Invalid value: "\\"x\\"": must evaluate to list(JSONPatch) but got string`,
        `${at}[1].jsonPatch.expression: Invalid value: "variables.x": compilation failed: ERROR: <input>:1:10: undefined field 'x'\n | variables.x\n | .........^`,
      ],
    ],
  ]);
  creates(mutatingAdmissionPolicyBinding, [
    [
      {
        spec: {
          policyName: 'p',
          matchResources: {
            matchPolicy: 'x',
            resourceRules: [{ ...rule, operations: ['DELETE'] }],
          },
        },
      },
      [
        'spec.matchResources.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"',
        'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      ],
    ],
  ]);
});

test('what is said of a policy in its status', () => {
  const status = {
    typeChecking: { expressionWarnings: [{ fieldRef: ' ', warning: '' }] },
    conditions: [
      {
        type: 'A',
        status: 'Maybe',
        reason: 'R',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  };
  assert.deepEqual(statusCauses(validatingAdmissionPolicy, { status }, {}), [
    'status.typeChecking.expressionWarnings[0].warning: Required value',
    'status.typeChecking.expressionWarnings[0].fieldRef: Required value',
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
  ]);
});

test('ValidatingAdmissionPolicy and its binding', () => {
  const constraints = { resourceRules: [{ ...rule, resourceNames: ['a'] }] };
  const policy = (rest: object) => ({
    spec: { matchConstraints: constraints, validations: [{ expression: 'true' }], ...rest },
  });
  creates(validatingAdmissionPolicy, [
    [policy({}), []],
    [
      { spec: {} },
      [
        'spec.matchConstraints: Required value',
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    ],
    [
      policy({
        failurePolicy: 'x',
        paramKind: { apiVersion: 'a/b/c' },
        matchConstraints: { resourceRules: [{ ...rule, resourceNames: ['a', 'a', 'b/c'] }] },
        variables: [{ name: 'for', expression: '1' }, { name: ' ' }],
        validations: [
          { message: ' ', messageExpression: ' ', reason: 'Because' },
          { expression: 'true', message: 'a\nb' },
        ],
      }),
      [
        'spec.failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"',
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        'spec.paramKind.kind: Required value',
        'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
        `spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "b/c": may not contain '/'`,
        'spec.variables[0].name: Invalid value: "for": must be a valid CEL identifier',
        'spec.variables[1].name: Required value: name is not specified',
        'spec.variables[1].expression: Required value: expression is not specified',
        'spec.validations[0].expression: Required value: expression is not specified',
        'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
        'spec.validations[0].message: Invalid value: " ": must be non-empty if specified',
        'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
        'spec.validations[1].message: Invalid value: "a\\nb": must not contain line breaks',
      ],
    ],
    [
      policy({ auditAnnotations: [{ key: 'a', valueExpression: '"1"' }, { key: 'a' }] }),
      [
        'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
        'spec.auditAnnotations[1].key: Duplicate value: "a"',
      ],
    ],
  ]);
  creates(validatingAdmissionPolicyBinding, [
    [{ spec: { policyName: 'p', validationActions: ['Deny'] } }, []],
    [
      {
        spec: {
          policyName: 'p',
          paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'x' },
          validationActions: ['Deny', 'Warn', 'Warn', 'Cry'],
        },
      },
      [
        'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.parameterNotFoundAction: Unsupported value: "x": supported values: "Deny", "Allow"',
        'spec.validationActions[2]: Duplicate value: "Warn"',
        'spec.validationActions[3]: Unsupported value: "Cry": supported values: "Audit", "Deny", "Warn"',
        'spec.validationActions: Invalid value: ["Deny","Warn","Warn","Cry"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    [
      { spec: { paramRef: {} } },
      [
        'spec.policyName: Required value',
        'spec.paramRef: Required value: one of name or selector must be specified',
        'spec.paramRef.parameterNotFoundAction: Required value',
        'spec.validationActions: Required value: at least one validation action is required',
      ],
    ],
  ]);
});

test('names of policies in files', () => {
  const named = (name: string) => ({ apiVersion: '', kind: '', metadata: { name } });
  const warning =
    'metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API';
  for (const kind of [
    mutatingAdmissionPolicy,
    mutatingWebhookConfiguration,
    validatingAdmissionPolicyBinding,
    validatingAdmissionPolicy,
    validatingWebhookConfiguration,
  ]) {
    assert.deepEqual(kind.warnings?.(named('a.static.k8s.io'), undefined), [warning]);
    assert.deepEqual(kind.warnings?.(named('a.k8s.io'), undefined), []);
  }
});
