import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldInvalid } from '../../object/field-error.ts';
import { internalForm } from './internal-form.ts';
import type { Plain } from './plain.ts';

const shown = (type: string, value: Plain | undefined): string =>
  JSON.stringify(internalForm(type, value));

test('every field is there, by its Go name', () => {
  assert.equal(
    shown('RoleRef', { name: 'x', kind: 'Role' }),
    '{"APIGroup":"","Kind":"Role","Name":"x"}',
  );
  assert.equal(
    shown('SecretProjection', { name: 'x' }),
    '{"Name":"x","Items":null,"Optional":null}',
  );
  assert.equal(
    shown('ISCSIVolumeSource', { chapAuthSession: true, iqn: 'i', secretRef: { name: 's' } }),
    '{"TargetPortal":"","IQN":"i","Lun":0,"ISCSIInterface":"","FSType":"","ReadOnly":false,"Portals":null,"DiscoveryCHAPAuth":false,"SessionCHAPAuth":true,"SecretRef":{"Name":"s"},"InitiatorName":null}',
  );
});

test('maps are in order, and selectors have their own names', () => {
  const resources = { limits: { memory: '1Gi', cpu: '1' }, requests: {} };
  assert.equal(
    shown('ResourceRequirements', resources),
    '{"Limits":{"cpu":"1","memory":"1Gi"},"Requests":{},"Claims":null}',
  );
  const matchExpressions = [{ key: 'a', operator: 'In', values: ['b'] }, { key: 'c' }];
  assert.equal(
    shown('ClusterTrustBundleProjection', {
      labelSelector: { matchLabels: { z: '1', a: '2' }, matchExpressions },
    }),
    '{"Name":null,"SignerName":null,"LabelSelector":{"matchLabels":{"a":"2","z":"1"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]},{"key":"c","operator":""}]},"Optional":null,"Path":""}',
  );
});

test('a template has its metadata beside its spec, and the host in its security context', () => {
  const template = {
    metadata: { labels: { b: '1', a: '2' }, annotations: {} },
    spec: {
      hostNetwork: true,
      securityContext: { fsGroup: 1 },
      containers: [{ name: 'c', livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 10 } }],
      volumes: [{ name: 'v', configMap: { name: 'm' } }],
    },
  };
  const { labels, Spec, ...rest } = internalForm('PodTemplateSpec', template) as Plain;
  assert.equal(JSON.stringify(labels), '{"a":"2","b":"1"}');
  assert.deepEqual(rest, {});
  assert.equal(Spec.HostNetwork, undefined);
  assert.equal(
    JSON.stringify(Spec.SecurityContext),
    '{"HostNetwork":true,"HostPID":false,"HostIPC":false,"ShareProcessNamespace":null,"HostUsers":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"SupplementalGroups":null,"SupplementalGroupsPolicy":null,"FSGroup":1,"FSGroupChangePolicy":null,"Sysctls":null,"SeccompProfile":null,"AppArmorProfile":null,"SELinuxChangePolicy":null}',
  );
  assert.equal(
    JSON.stringify(Spec.Containers[0].LivenessProbe),
    '{"Exec":null,"HTTPGet":null,"TCPSocket":{"Port":80,"Host":""},"GRPC":null,"InitialDelaySeconds":0,"TimeoutSeconds":0,"PeriodSeconds":10,"SuccessThreshold":0,"FailureThreshold":0,"TerminationGracePeriodSeconds":null}',
  );
  const [volume] = Spec.Volumes;
  assert.deepEqual(Object.keys(volume).slice(0, 3), ['Name', 'HostPath', 'EmptyDir']);
  assert.equal(
    JSON.stringify(volume.ConfigMap),
    '{"Name":"m","Items":null,"DefaultMode":null,"Optional":null}',
  );
});

test('what is shown as JSON is escaped as Go escapes it, text alone is not', () => {
  assert.equal(
    fieldInvalid('a', { b: '<&>' }, '').message,
    'Invalid value: {"b":"\\u003c\\u0026\\u003e"}',
  );
  assert.equal(fieldInvalid('a', '<&>', '').message, 'Invalid value: "<&>"');
});
