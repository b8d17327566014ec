import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseYaml } from '../../object/yaml.ts';
import {
  type PodSecurityConfiguration,
  readPodSecurityConfiguration,
} from './pod-security/configuration.ts';

/**
 * `--admission-control-config-file` (apiserver.config.k8s.io/v1 AdmissionConfiguration): the settings
 * of plugins, inline or in files beside it. Source: k8s.io/apiserver admission/config.go.
 */
export interface AdmissionConfiguration {
  podSecurity: PodSecurityConfiguration | undefined;
}

interface Entry {
  name?: string;
  path?: string;
  configuration?: unknown;
}

const headers = ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1'];

/** Throws with the file and why; by name for plugins that have no settings here. */
export function readAdmissionConfiguration(file: string): AdmissionConfiguration {
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
  const result: AdmissionConfiguration = { podSecurity: undefined };
  for (const { name = '', path = '', configuration } of content.plugins ?? []) {
    if (name !== 'PodSecurity') {
      throw new Error(
        `${file}: configuration of admission plugin ${JSON.stringify(name)} is not supported by this server`,
      );
    }
    const given =
      path === '' ? configuration : parseYaml(readFileSync(resolve(dirname(file), path), 'utf8'));
    result.podSecurity = readPodSecurityConfiguration(given);
  }
  return result;
}
