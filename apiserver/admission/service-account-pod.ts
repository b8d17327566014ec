import { randomInt } from 'node:crypto';
import type { KubeObject } from '../../object/object.ts';

/** What the ServiceAccount plugin does to a pod and asks of it. */

export const apiTokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

const volumePrefix = 'kube-api-access-';
/** An hour and a little: the little marks tokens whose life may be stretched (BoundServiceAccountTokenVolume). */
const tokenSeconds = 3607;
/** Letters and digits that make no words (k8s.io/apimachinery util/rand). */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

interface Volume {
  name: string;
  secret?: { secretName?: string };
  configMap?: unknown;
  persistentVolumeClaim?: unknown;
  projected?: {
    sources?: { serviceAccountToken?: unknown; secret?: unknown; configMap?: unknown }[];
  };
}

interface Container {
  name: string;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  env?: {
    name: string;
    valueFrom?: { secretKeyRef?: { name: string }; configMapKeyRef?: unknown };
  }[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: unknown }[];
}

/** Adds token, CA and namespace as one projected volume to every container without one at that path. */
export function mountToken(pod: KubeObject): void {
  const volumes: Volume[] = pod.spec.volumes ?? [];
  const existing = volumes.find((volume) => volume.name.startsWith(volumePrefix));
  const name = existing?.name ?? `${volumePrefix}${suffix()}`;
  let needed = false;
  for (const container of [
    ...((pod.spec.initContainers ?? []) as Container[]),
    ...((pod.spec.containers ?? []) as Container[]),
  ]) {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some((mount) => mount.mountPath === apiTokenMountPath)) continue;
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: apiTokenMountPath }];
    needed = true;
  }
  if (needed && existing === undefined) pod.spec.volumes = [...volumes, tokenVolume(name)];
}

function suffix(): string {
  let text = '';
  for (let i = 0; i < 5; i++) text += alphabet[randomInt(alphabet.length)];
  return text;
}

function tokenVolume(name: string): Volume {
  const sources = [
    { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
    { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
    {
      downwardAPI: {
        items: [
          { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' },
        ],
      },
    },
  ];
  return { name, projected: { defaultMode: 0o644, sources } } as Volume;
}

/** Mirror pods stand for what a kubelet runs by itself: they get nothing from the API. */
export function mirrorPodFault(pod: KubeObject): string | undefined {
  if (pod.spec?.serviceAccountName) return 'a mirror pod may not reference service accounts';
  const volumes: Volume[] = pod.spec?.volumes ?? [];
  const containers = allContainers(pod);
  const usesSecret =
    volumes.some((v) => v.secret !== undefined) ||
    volumes.some((v) => v.projected?.sources?.some((s) => s.secret !== undefined)) ||
    (pod.spec?.imagePullSecrets?.length ?? 0) > 0 ||
    containers.some((c) => secretsOf(c).length > 0);
  if (usesSecret) return 'a mirror pod may not reference secrets';
  const usesConfigMap =
    volumes.some((v) => v.configMap !== undefined) ||
    volumes.some((v) => v.projected?.sources?.some((s) => s.configMap !== undefined)) ||
    containers.some(
      (c) =>
        c.env?.some((e) => e.valueFrom?.configMapKeyRef !== undefined) === true ||
        c.envFrom?.some((e) => e.configMapRef !== undefined) === true,
    );
  if (usesConfigMap) return 'a mirror pod may not reference configmaps';
  if (volumes.some((v) => v.projected?.sources?.some((s) => s.serviceAccountToken !== undefined))) {
    return 'a mirror pod may not use ServiceAccountToken volume projections';
  }
  if (volumes.some((v) => v.persistentVolumeClaim !== undefined)) {
    return 'a mirror pod may not reference persistentvolumeclaims';
  }
  return undefined;
}

function allContainers(pod: KubeObject): Container[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...(containers ?? []), ...ephemeralContainers];
}

function secretsOf(container: Container): { env: string; secret: string }[] {
  const found: { env: string; secret: string }[] = [];
  for (const { name, valueFrom } of container.env ?? []) {
    if (valueFrom?.secretKeyRef) found.push({ env: name, secret: valueFrom.secretKeyRef.name });
  }
  for (const { secretRef } of container.envFrom ?? []) {
    if (secretRef) found.push({ env: '', secret: secretRef.name });
  }
  return found;
}

/** For accounts annotated `kubernetes.io/enforce-mountable-secrets`; what is wrong, or undefined. */
export function limitSecretReferences(
  account: KubeObject,
  pod: KubeObject,
  ephemeralOnly: boolean,
): string | undefined {
  const { spec = {} } = pod;
  const mountable = new Set<string>((account.secrets ?? []).map(nameOf));
  const told = `is not allowed because service account ${account.metadata.name ?? ''} does not reference that`;
  if (ephemeralOnly) {
    return containerFault('ephemeral container', spec.ephemeralContainers, mountable, told);
  }
  const volume = ((spec.volumes ?? []) as Volume[]).find(
    ({ secret }) => secret !== undefined && !mountable.has(secret.secretName ?? ''),
  );
  if (volume !== undefined) {
    return `volume with secret.secretName="${volume.secret?.secretName}" ${told} secret`;
  }
  const fault =
    containerFault('init container', spec.initContainers, mountable, told) ??
    containerFault('container', spec.containers, mountable, told);
  if (fault !== undefined) return fault;
  const pulls = new Set<string>((account.imagePullSecrets ?? []).map(nameOf));
  for (const [i, { name }] of ((spec.imagePullSecrets ?? []) as { name: string }[]).entries()) {
    if (!pulls.has(name)) return `imagePullSecrets[${i}].name="${name}" ${told} imagePullSecret`;
  }
  return undefined;
}

function nameOf({ name }: { name: string }): string {
  return name;
}

function containerFault(
  title: string,
  containers: Container[] | undefined,
  mountable: ReadonlySet<string>,
  told: string,
): string | undefined {
  for (const container of containers ?? []) {
    for (const { env, secret } of secretsOf(container)) {
      if (mountable.has(secret)) continue;
      const variable = env === '' ? 'envFrom' : `envVar ${env}`;
      return `${title} ${container.name} with ${variable} referencing secret.secretName="${secret}" ${told} secret`;
    }
  }
  return undefined;
}
