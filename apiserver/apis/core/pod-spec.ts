import { type Plain, setDefaults, setTextDefaults } from '../plain.ts';
import { pullPolicyOf } from './image.ts';
import { defaultVolume } from './volume.ts';

/**
 * Defaults of a PodSpec, shared by Pod and everything that holds a pod template
 * (pkg/apis/core/v1/defaults.go, zz_generated.defaults.go). What only a Pod gets is in
 * `pod-defaults.ts`.
 */
export function defaultPodSpec(spec: Plain): void {
  setTextDefaults(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
  });
  setDefaults(spec, { securityContext: {}, terminationGracePeriodSeconds: 30 });
  defaultServiceAccountName(spec);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

/** `metadata` and `spec` of a pod template. */
export function defaultPodTemplate(template: Plain | undefined): void {
  if (template === undefined) return;
  template.metadata ??= {};
  template.spec ??= {};
  defaultPodSpec(template.spec);
}

/** serviceAccount is the old name of serviceAccountName; both are always served. */
function defaultServiceAccountName(spec: Plain): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name === undefined || name === '') return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function defaultContainer(container: Plain): void {
  setTextDefaults(container, {
    imagePullPolicy: pullPolicyOf(container.image ?? ''),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  container.resources ??= {};
  for (const port of container.ports ?? []) setTextDefaults(port, { protocol: 'TCP' });
  for (const variable of container.env ?? []) defaultEnvironment(variable);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[probe] !== undefined) defaultProbe(container[probe]);
  }
  for (const handler of Object.values(container.lifecycle ?? {})) {
    if (typeof handler === 'object' && handler !== null) defaultHttpGet((handler as Plain).httpGet);
  }
}

function defaultEnvironment(variable: Plain): void {
  const source = variable.valueFrom;
  if (source?.fieldRef !== undefined) setTextDefaults(source.fieldRef, { apiVersion: 'v1' });
  if (source?.fileKeyRef !== undefined) setDefaults(source.fileKeyRef, { optional: false });
}

function defaultProbe(probe: Plain): void {
  const defaults = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
  for (const [field, value] of Object.entries(defaults)) probe[field] ||= value;
  defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) setDefaults(probe.grpc, { service: '' });
}

function defaultHttpGet(action: Plain | undefined): void {
  if (action !== undefined) setTextDefaults(action, { path: '/', scheme: 'HTTP' });
}
