import type { KubeObject } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { isFor, refused } from './refusal.ts';
import { limitSecretReferences, mirrorPodFault, mountToken } from './service-account-pod.ts';

/**
 * Every pod runs as a service account that exists; its token is mounted unless declined.
 * Source: plugin/pkg/admission/serviceaccount.
 */
export interface ServiceAccountAdmissionOptions {
  serviceAccounts: Lister;
  /** From the store itself, for accounts made a moment ago. */
  readLive(namespace: string, name: string): Promise<KubeObject | undefined>;
  /** Milliseconds between looks for the default account of a new namespace. */
  retryMs?: number;
}

const defaultName = 'default';
/** A new namespace's default account is made by a controller, in a moment. */
const defaultAttempts = 10;
const mirrorAnnotation = 'kubernetes.io/config.mirror';

export function makeServiceAccountAdmission(
  options: ServiceAccountAdmissionOptions,
): AdmissionPlugin {
  async function find(request: AdmissionRequest, name: string): Promise<KubeObject> {
    const { namespace } = request;
    const cached = options.serviceAccounts.get(namespace, name);
    if (cached !== undefined) return cached;
    const attempts = name === defaultName ? defaultAttempts : 1;
    const pause = options.retryMs ?? 100 + Math.floor(Math.random() * 100);
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      const live = await options.readLive(namespace, name);
      if (live !== undefined) return live;
    }
    throw refused(
      request,
      `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    );
  }

  return {
    name: 'ServiceAccount',
    async mutate(request) {
      const pod = request.object;
      if (request.operation !== 'CREATE' || pod === undefined || !isFor(request, '', 'pods'))
        return;
      if (isMirror(pod)) return;
      pod.spec ??= {};
      if (!pod.spec.serviceAccountName) pod.spec.serviceAccountName = defaultName;
      pod.spec.serviceAccount = pod.spec.serviceAccountName;
      const account = await find(request, pod.spec.serviceAccountName);
      if (automounts(account, pod)) mountToken(pod);
      if ((pod.spec.imagePullSecrets?.length ?? 0) === 0 && account.imagePullSecrets?.length > 0) {
        pod.spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      }
    },
    async validate(request) {
      const pod = request.object;
      if (pod === undefined || request.resource.group !== '') return;
      if (request.resource.resource !== 'pods') return;
      const ephemeral =
        request.operation === 'UPDATE' && request.subresource === 'ephemeralcontainers';
      if (!ephemeral && (request.operation !== 'CREATE' || request.subresource !== '')) return;
      if (isMirror(pod)) {
        const fault = mirrorPodFault(pod);
        if (fault !== undefined) throw refused(request, fault);
        return;
      }
      const name: string = pod.spec?.serviceAccountName ?? '';
      if (name === '') {
        const { namespace } = request;
        throw refused(
          request,
          `no service account specified for pod ${namespace}/${pod.metadata.name}`,
        );
      }
      const account = await find(request, name);
      if (!enforcesMountableSecrets(account)) return;
      const fault = limitSecretReferences(account, pod, ephemeral);
      if (fault !== undefined) throw refused(request, fault);
    },
  };
}

function isMirror(pod: KubeObject): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

function automounts(account: KubeObject, pod: KubeObject): boolean {
  return pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function enforcesMountableSecrets(account: KubeObject): boolean {
  const value = account.metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'];
  return value !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value);
}
