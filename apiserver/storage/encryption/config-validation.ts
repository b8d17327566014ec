import { fieldInvalid, fieldInvalidWhole, fieldRequired } from '../../../object/field-error.ts';
import type { StatusCause } from '../../../object/status-error.ts';

/**
 * What is wrong with an EncryptionConfiguration, in upstream's words and order
 * (k8s.io/apiserver apis/apiserver/validation/validation_encryption.go).
 */
interface Entry {
  resources?: readonly string[];
  providers?: readonly object[];
}
interface Key {
  name?: string;
  secret?: string;
}

export function encryptionFaults(entries: readonly Entry[]): StatusCause[] {
  if (entries.length === 0) return [atLeastOne('resources', 'resources')];
  return entries.flatMap(({ resources = [], providers = [] }, i) => {
    const [r, p] = [`resources[${i}].resources`, `resources[${i}].providers`];
    return [
      ...(resources.length === 0 ? [atLeastOne(r, r)] : []),
      ...overlapFaults(resources, r),
      ...resources.flatMap((name, j) => nameFaults(name, `${r}[${j}]`)),
      ...(providers.length === 0 ? [atLeastOne(p, p)] : []),
      ...providers.flatMap((provider, j) => providerFaults(provider, `${p}[${j}]`)),
    ];
  });
}

function atLeastOne(at: string, what: string): StatusCause {
  return fieldRequired(at, `at least one ${what} is required`);
}

interface GroupResource {
  group: string;
  resource: string;
}

function parsed(name: string): GroupResource {
  const cut = name.indexOf('.');
  return cut < 0
    ? { resource: name, group: '' }
    : { resource: name.slice(0, cut), group: name.slice(cut + 1) };
}

function overlapFaults(resources: readonly string[], at: string): StatusCause[] {
  const all = resources.map(parsed);
  const faults: StatusCause[] = [];
  const others = (i: number) => all.filter((_, j) => j !== i);
  const same = (a: GroupResource, b: GroupResource) =>
    a.group === b.group && a.resource === b.resource;
  if (all.some((one, i) => others(i).some((other) => same(one, other)))) {
    const text = 'the same resource cannot be specified multiple times';
    faults.push(fieldInvalid(at, resources, text));
  }
  const masks = (one: GroupResource, other: GroupResource) =>
    (!same(one, other) || isEverything(one)) &&
    (isEverything(one) ||
      (one.group === other.group && [one.resource, other.resource].includes('*')));
  if (all.some((one, i) => others(i).some((other) => masks(one, other)))) {
    const text =
      "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked";
    faults.push(fieldInvalid(at, resources, text));
  }
  return faults;
}

function isEverything({ group, resource }: GroupResource): boolean {
  return group === '*' && resource === '*';
}

/** Stored by no API of their own. */
const bare = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'];

function nameFaults(name: string, at: string): StatusCause[] {
  const fault = (text: string) => [fieldInvalid(at, name, text)];
  const { group, resource } = parsed(name);
  if (name !== name.toLowerCase()) return fault('resource name should not contain capital letters');
  if (name === '*') {
    return fault(
      "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
    );
  }
  if (bare.includes(name))
    return fault('resources which do not have REST API/s cannot be encrypted');
  if (group === 'events.k8s.io') {
    return fault(
      "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file",
    );
  }
  if (group === 'extensions') {
    return fault("'extensions' group has been removed and cannot be used for encryption");
  }
  if (group === '*' && resource !== '*') {
    return fault('encrypting the same resource across groups is not supported');
  }
  return [];
}

const keyLengths = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const;

function providerFaults(provider: object, at: string): StatusCause[] {
  const given = Object.entries(provider).filter(([, value]) => value !== null);
  if (given.length === 0) {
    const none = { AESGCM: null, AESCBC: null, Secretbox: null, Identity: null, KMS: null };
    const text =
      'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity';
    return [fieldInvalid(at, none, text)];
  }
  if (given.length > 1) {
    const text =
      'more than one provider specified in a single element, should split into different list elements';
    // upstream shows them whole, and their secrets with them
    return [fieldInvalidWhole(at, text)];
  }
  const [[name, value] = ['', {}]] = given;
  if (name === 'kms') {
    const text = 'not supported by this server: use secretbox, aesgcm or aescbc';
    return [fieldInvalidWhole(`${at}.kms`, text)];
  }
  const lengths = name in keyLengths ? keyLengths[name as keyof typeof keyLengths] : undefined;
  if (lengths === undefined) return [];
  const keys: Key[] = value.keys ?? [];
  if (keys.length === 0) return [atLeastOne(`${at}.${name}.keys`, 'keys')];
  return keys.flatMap((key, i) => keyFaults(key, `${at}.${name}.keys[${i}]`, lengths));
}

function keyFaults(
  { name = '', secret = '' }: Key,
  at: string,
  lengths: readonly number[],
): StatusCause[] {
  const faults: StatusCause[] = [];
  const place = `${at}.secret`;
  if (name === '') faults.push(fieldRequired(`${at}.name`, 'name is a mandatory field for a key'));
  if (secret === '') {
    return [...faults, fieldRequired(place, 'secret is a mandatory field for a key')];
  }
  const text = secret.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) {
    return [...faults, fieldInvalid(place, 'REDACTED', 'secrets must be base64 encoded')];
  }
  const { length } = Buffer.from(text, 'base64');
  if (lengths.includes(length)) return faults;
  const why = `secret is not of the expected length, got ${length}, expected one of [${lengths.join(' ')}]`;
  return [...faults, fieldInvalid(place, 'REDACTED', why)];
}
