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

const versions = ['apiserver.config.k8s.io/v1', 'v1'];
const kinds = ['EncryptionConfiguration', 'EncryptionConfig'];

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
  if (!versions.includes(config?.apiVersion ?? '') || !kinds.includes(config?.kind ?? '')) {
    throw new Error(
      `no kind ${JSON.stringify(config?.kind ?? '')} is registered for version ${JSON.stringify(config?.apiVersion ?? '')}: expected apiserver.config.k8s.io/v1 EncryptionConfiguration`,
    );
  }
  checkFields(config, shape);
  const entries = config?.resources ?? [];
  const faults = encryptionFaults(entries);
  if (faults.length > 0) throw new Error(fieldErrorsText(faults));
  const byName = new Map<string, Transformer>();
  for (const { resources = [], providers = [] } of entries) {
    const transformer = firstWrites(providers.flatMap(transformersOf));
    // the first that names a resource counts
    for (const name of resources) if (!byName.has(name)) byName.set(name, transformer);
  }
  return (resource) => {
    const group = resource.includes('.') ? resource.slice(resource.indexOf('.') + 1) : '';
    return byName.get(resource) ?? byName.get(`*.${group}`) ?? byName.get('*.*');
  };
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
