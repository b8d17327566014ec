import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, stored } from '../../verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const apiVersion = 'admissionregistration.k8s.io/v1';
const registration = `/apis/${apiVersion}`;

async function bound(name: string, matchPolicy: string): Promise<void> {
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        matchPolicy,
        resourceRules: [
          { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['events'] },
        ],
      },
      validations: [
        {
          expression:
            "!(object.apiVersion == 'v1' && object.message == 'bad' && request.resource.group == '' && request.requestResource.group == 'events.k8s.io')",
          message: matchPolicy,
        },
      ],
    },
  };
  stored(await api.create(`${registration}/validatingadmissionpolicies`, policy), 201);
  const binding = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  };
  const path = `${registration}/validatingadmissionpolicybindings`;
  const { metadata } = stored(await api.create(path, binding), 201);
  await api.get(`${path}?resourceVersion=${metadata.resourceVersion}`);
}

test('events of one group are events of the other, where a rule asks for what is equivalent', async () => {
  const event = (note: string) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: note, namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'x.io/y',
    reportingInstance: 'z',
    action: 'a',
    reason: 'r',
    type: 'Normal',
    note,
  });
  const events = '/apis/events.k8s.io/v1/namespaces/default/events';
  await bound('exact', 'Exact');
  stored(await api.create(events, event('bad')), 201);
  await bound('equivalent', 'Equivalent');
  stored(await api.create(events, event('good')), 201);
  await api.delete(`${events}/bad`);
  const refused = await api.create(events, event('bad'));
  assert.equal(refused.code, 422, refused.text);
  assert.match(refused.body.message, /denied request: Equivalent$/);
});
