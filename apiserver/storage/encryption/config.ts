import { aesCbc, aesGcm, secretBox } from './providers.ts';
import { firstWrites, identity, type Prefixed } from './prefix.ts';
import { fieldErrorsText } from '../../../object/status-error.ts';
import { checkFields, type Shape } from '../../configuration-shape.ts';
import type { Transformer } from '../codec.ts';
import { encryptionFaults } from './config-validation.ts';

/**
 * `--encryption-provider-config` (apiserver.config.k8s.io/v1 EncryptionConfiguration): which
 * resources are encrypted at rest, and how. Source: k8s.io/apiserver server/options/encryptionconfig.
 */

/** For `secrets`, `deployments.apps`; undefined is not encrypted. */
export type TransformerFor = (resource: string) => Transformer | undefined;

interface Key {
  name?: string;
  secret?: string;
}
interface Keys {
  keys?: Key[];
}
interface Provider {
  identity?: object | null;
  aescbc?: Keys | null;
  aesgcm?: Keys | null;
  secretbox?: Keys | null;
  kms?: object | null;
}
interface Entry {
  resources?: string[];
  providers?: Provider[];
}

/** The second by a mistake of upstream's documentation, which is honoured. */
const known = ['apiserver.config.k8s.io/v1 EncryptionConfiguration', 'v1 EncryptionConfig'];

const keys: Shape = { keys: [{ name: true, secret: true }] };
const shape: Shape = {
  apiVersion: true,
  kind: true,
  resources: [
    {
      resources: true,
      providers: [{ identity: {}, aescbc: keys, aesgcm: keys, secretbox: keys, kms: true }],
    },
  ],
};

/** Throws with all fields and why; KMS by name. */
export function parseEncryptionConfig(content: unknown): TransformerFor {
  const config = content as { apiVersion?: string; kind?: string; resources?: Entry[] } | null;
  if (!known.includes(`${config?.apiVersion ?? ''} ${config?.kind ?? ''}`)) {
    throw new Error(
      `no kind ${JSON.stringify(config?.kind ?? '')} is registered for version ${JSON.stringify(config?.apiVersion ?? '')}: expected apiserver.config.k8s.io/v1 EncryptionConfiguration`,
    );
  }
  checkFields(config, shape);
  const entries = config?.resources ?? [];
  const faults = encryptionFaults(entries);
  if (faults.length > 0) throw new Error(fieldErrorsText(faults));
  const byName = new Map(
    [...providersByName(entries)].map(([name, providers]) => [name, firstWrites(providers)]),
  );
  return (resource) =>
    byName.get(resource) ?? byName.get(`*.${groupOf(resource)}`) ?? byName.get('*.*');
}

function groupOf(resource: string): string {
  return resource.includes('.') ? resource.slice(resource.indexOf('.') + 1) : '';
}

/** A resource that stands in several entries has the providers of all; the first of them writes. */
function providersByName(entries: readonly Entry[]): Map<string, Prefixed[]> {
  const byName = new Map<string, Prefixed[]>();
  for (const { resources = [], providers = [] } of entries) {
    const given = providers.flatMap(transformersOf);
    for (const name of resources) {
      for (const mask of [`*.${groupOf(name)}`, '*.*']) {
        if (!byName.has(mask)) continue;
        throw new Error(
          `error while building transformers: resource ${JSON.stringify(name)} is masked by earlier rule ${JSON.stringify(mask)}`,
        );
      }
      byName.set(name, [...(byName.get(name) ?? []), ...given]);
    }
  }
  return byName;
}

const makers = { aescbc: aesCbc, aesgcm: aesGcm, secretbox: secretBox } as const;

function transformersOf(provider: Provider): Prefixed[] {
  if (provider.identity) return [identity];
  for (const name of ['aesgcm', 'aescbc', 'secretbox'] as const) {
    const given = provider[name]?.keys;
    if (given === undefined) continue;
    return given.map((key) => ({
      prefix: `k8s:enc:${name}:v1:${key.name}:`,
      transformer: makers[name](Buffer.from(key.secret ?? '', 'base64')),
    }));
  }
  return [];
}
