import { aesCbc, aesGcm, secretBox } from './providers.ts';
import { firstWrites, identity, type Prefixed } from './prefix.ts';
import type { Transformer } from '../codec.ts';

/**
 * `--encryption-provider-config` (apiserver.config.k8s.io/v1 EncryptionConfiguration): which
 * resources are encrypted at rest, and how. Source: k8s.io/apiserver server/options/encryptionconfig.
 */

/** For `secrets`, `deployments.apps`; undefined is not encrypted. */
export type TransformerFor = (resource: string) => Transformer | undefined;

interface Key {
  name?: unknown;
  secret?: unknown;
}
type Provider = Record<string, { keys?: Key[] } | undefined>;

const versions = ['apiserver.config.k8s.io/v1', 'v1'];
const kinds = ['EncryptionConfiguration', 'EncryptionConfig'];

/** Throws with where and why; KMS by name. */
export function parseEncryptionConfig(content: unknown): TransformerFor {
  const config = content as { apiVersion?: string; kind?: string; resources?: unknown } | null;
  if (!versions.includes(config?.apiVersion ?? '') || !kinds.includes(config?.kind ?? '')) {
    throw new Error(
      `no kind ${JSON.stringify(config?.kind ?? '')} is registered for version ${JSON.stringify(config?.apiVersion ?? '')}: expected apiserver.config.k8s.io/v1 EncryptionConfiguration`,
    );
  }
  const entries = config?.resources;
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new Error('resources: Required value: at least one resource must be specified');
  }
  const byName = new Map<string, Transformer>();
  entries.forEach((entry: { resources?: unknown; providers?: unknown }, index) => {
    const path = `resources[${index}]`;
    const transformer = firstWrites(providersOf(entry.providers, `${path}.providers`));
    for (const name of namesOf(entry.resources, `${path}.resources`)) {
      // the first that names a resource counts
      if (!byName.has(name)) byName.set(name, transformer);
    }
  });
  return (resource) => {
    const group = resource.includes('.') ? resource.slice(resource.indexOf('.') + 1) : '';
    return byName.get(resource) ?? byName.get(`*.${group}`) ?? byName.get('*.*');
  };
}

function namesOf(given: unknown, path: string): string[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new Error(`${path}: Required value: at least one resource must be specified`);
  }
  return given.map((name, index) => {
    if (typeof name !== 'string' || name === '' || name === '*' || name !== name.toLowerCase()) {
      throw new Error(
        `${path}[${index}]: Invalid value: ${JSON.stringify(name)}: use the lower-case plural with its group, '*.<group>' or '*.*'`,
      );
    }
    return name;
  });
}

function providersOf(given: unknown, path: string): Prefixed[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new Error(`${path}: Required value: at least one provider must be specified`);
  }
  return given.flatMap((provider: Provider, index) => providerOf(provider, `${path}[${index}]`));
}

const makers: Record<string, { make(key: Buffer): Transformer; lengths: readonly number[] }> = {
  aescbc: { make: aesCbc, lengths: [32, 24, 16] },
  aesgcm: { make: aesGcm, lengths: [32, 24, 16] },
  secretbox: { make: secretBox, lengths: [32] },
};

function providerOf(provider: Provider, path: string): Prefixed[] {
  const names = Object.keys(provider);
  const [name = ''] = names;
  if (names.length !== 1) {
    throw new Error(
      `${path}: more than one provider specified in a single element, should split into different list elements`,
    );
  }
  if (name === 'identity') return [identity];
  if (name === 'kms') {
    throw new Error(`${path}.kms: not supported by this server: use secretbox, aesgcm or aescbc`);
  }
  const maker = makers[name];
  if (maker === undefined) throw new Error(`${path}: unknown provider ${JSON.stringify(name)}`);
  const keys = provider[name]?.keys ?? [];
  if (keys.length === 0) throw new Error(`${path}.${name}.keys: Required value: at least one key`);
  return keys.map((key, index) => {
    const at = `${path}.${name}.keys[${index}]`;
    const secret = secretOf(key, at, maker.lengths);
    return { prefix: `k8s:enc:${name}:v1:${String(key.name)}:`, transformer: maker.make(secret) };
  });
}

function secretOf({ name, secret }: Key, path: string, lengths: readonly number[]): Buffer {
  if (typeof name !== 'string' || name === '') {
    throw new Error(`${path}.name: Required value: key name must be provided`);
  }
  if (typeof secret !== 'string' || secret === '') {
    throw new Error(`${path}.secret: Required value: secret must be provided`);
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret) || secret.length % 4 !== 0) {
    throw new Error(`${path}.secret: Invalid value: "REDACTED": secret must be base64 encoded`);
  }
  const bytes = Buffer.from(secret, 'base64');
  if (!lengths.includes(bytes.length)) {
    throw new Error(
      `${path}.secret: Invalid value: "REDACTED": secret is not of the expected length, got ${bytes.length}, expected one of [${lengths.join(' ')}]`,
    );
  }
  return bytes;
}
