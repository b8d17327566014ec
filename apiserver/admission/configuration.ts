import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseYaml } from '../../object/yaml.ts';
import {
  type ImagePolicySettings,
  readEventLimits,
  readImagePolicy,
  readLimitedResources,
  readNodeSelectors,
  readTolerationLists,
  readWebhookKubeconfig,
} from './plugin-settings.ts';
import {
  type PodSecurityConfiguration,
  readPodSecurityConfiguration,
} from './pod-security/configuration.ts';
import type { EventLimit } from './plugins/event-rate-limit.ts';
import type { LimitedResource } from './quota/limited.ts';
import type { TolerationLists } from './plugins/pod-toleration-restriction.ts';

/**
 * `--admission-control-config-file` (apiserver.config.k8s.io/v1 AdmissionConfiguration): the settings
 * of plugins, inline or in files beside it. Source: k8s.io/apiserver admission/config.go.
 */
export interface AdmissionSettings {
  podSecurity?: PodSecurityConfiguration;
  nodeSelectors?: Record<string, string>;
  tolerations?: TolerationLists;
  eventLimits?: EventLimit[];
  limitedResources?: LimitedResource[];
  imagePolicy?: ImagePolicySettings;
  /** A kubeconfig whose users are named after webhooks. */
  mutatingWebhooks?: string;
  validatingWebhooks?: string;
}

interface Entry {
  name?: string;
  path?: string;
  configuration?: unknown;
}

const readers: Record<string, (content: unknown) => AdmissionSettings> = {
  PodSecurity: (content) => ({ podSecurity: readPodSecurityConfiguration(content) }),
  PodNodeSelector: (content) => ({ nodeSelectors: readNodeSelectors(content) }),
  PodTolerationRestriction: (content) => ({ tolerations: readTolerationLists(content) }),
  ResourceQuota: (content) => ({ limitedResources: readLimitedResources(content) }),
  MutatingAdmissionWebhook: (content) => ({ mutatingWebhooks: readWebhookKubeconfig(content) }),
  ValidatingAdmissionWebhook: (content) => ({ validatingWebhooks: readWebhookKubeconfig(content) }),
  ImagePolicyWebhook: (content) => ({ imagePolicy: readImagePolicy(content) }),
  EventRateLimit: (content) => ({ eventLimits: readEventLimits(content) }),
};

const headers = ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1'];

/** Throws with the file and why; by name for plugins that have no settings here. */
export function readAdmissionConfiguration(file: string): AdmissionSettings {
  const content = parseYaml(readFileSync(file, 'utf8')) as {
    apiVersion?: string;
    kind?: string;
    plugins?: Entry[];
  } | null;
  if (!headers.includes(content?.apiVersion ?? '') || content?.kind !== 'AdmissionConfiguration') {
    throw new Error(
      `failed to read plugin config ${file}: no kind ${JSON.stringify(content?.kind ?? '')} is registered for version ${JSON.stringify(content?.apiVersion ?? '')}: expected ${headers[0]} AdmissionConfiguration`,
    );
  }
  const result: AdmissionSettings = {};
  for (const { name = '', path = '', configuration } of content.plugins ?? []) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined) {
      throw new Error(
        `${file}: configuration of admission plugin ${JSON.stringify(name)} is not supported by this server`,
      );
    }
    const given =
      path === '' ? configuration : parseYaml(readFileSync(resolve(dirname(file), path), 'utf8'));
    Object.assign(result, read(given));
  }
  return result;
}
