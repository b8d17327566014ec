import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from './verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start({ flags: { 'authorization-mode': 'Node,RBAC' } });
});
after(() => api.stop());

const node = { user: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

async function review(selectors: object): ReturnType<ApiClient['create']> {
  const resourceAttributes = { verb: 'list', resource: 'pods', ...selectors };
  return api.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { ...node, resourceAttributes },
  });
}

const nodeName = (more: object = {}) => ({
  key: 'spec.nodeName',
  operator: 'In',
  values: ['n1'],
  ...more,
});

for (const [title, selectors, allowed, evaluationError] of [
  ['a text', { fieldSelector: { rawSelector: 'spec.nodeName=n1' } }, true, undefined],
  ['requirements', { fieldSelector: { requirements: [nodeName()] } }, true, undefined],
  [
    'another node',
    { fieldSelector: { requirements: [nodeName({ values: ['n2'] })] } },
    false,
    undefined,
  ],
  [
    'an operator of tomorrow',
    { fieldSelector: { requirements: [nodeName(), nodeName({ operator: 'Near' })] } },
    true,
    'spec.resourceAttributes.fieldSelector partially ignored due to parse error',
  ],
  [
    'a text that cannot be read',
    { labelSelector: { rawSelector: 'a in' }, fieldSelector: { requirements: [nodeName()] } },
    true,
    'spec.resourceAttributes.labelSelector ignored due to parse error',
  ],
] as const) {
  test(`an access review by ${title}`, async () => {
    const { body } = await review(selectors);
    assert.equal(body.status.allowed, allowed);
    assert.equal(body.status.evaluationError, evaluationError);
  });
}

test('selectors that make no sense are refused', async () => {
  const { code, body } = await review({
    fieldSelector: {},
    labelSelector: {
      rawSelector: 'a',
      requirements: [
        { key: '-', operator: 'In' },
        { key: 'a', operator: 'Exists', values: ['b'] },
      ],
    },
  });
  assert.equal(code, 422);
  const at = 'spec.resourceAttributes';
  assert.deepEqual(
    body.details.causes.map((cause: { field: string }) => cause.field),
    [
      `${at}.fieldSelector.requirements`,
      `${at}.labelSelector.rawSelector`,
      `${at}.labelSelector.requirements[0].values`,
      `${at}.labelSelector.requirements[0].key`,
      `${at}.labelSelector.requirements[1].values`,
    ],
  );
});
