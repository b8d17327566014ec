import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn } from '../column.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const serviceAccount: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
  shortNames: ['sa'],
  storagePath: 'serviceaccounts',
  generation: false,
  subresources: {
    token: {
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      verbs: ['create'],
      definition: 'io.k8s.api.authentication.v1.TokenRequest',
    },
  },
  columns: [nameColumn, ageColumn],
  // Only names of secrets are kept; other fields of the reference were never used.
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  warnings: mountableSecretsWarnings,
};

const enforcesMountable = 'kubernetes.io/enforce-mountable-secrets';

/** Once: who has it already has been told. */
function mountableSecretsWarnings(account: KubeObject, old: KubeObject | undefined): string[] {
  const has = (one: KubeObject | undefined): boolean =>
    one?.metadata.annotations?.[enforcesMountable] !== undefined;
  if (!has(account) || has(old)) return [];
  return [
    `metadata.annotations[${enforcesMountable}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ];
}

function keepSecretNames(account: Plain): void {
  if (account.secrets === undefined) return;
  account.secrets = account.secrets.map(({ name }: Plain) => (name === undefined ? {} : { name }));
}
