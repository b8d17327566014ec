import { semanticEqual } from '../../object/equal.ts';
import { fieldForbidden } from '../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../object/name.ts';
import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { RequestInfo, UserInfo } from '../context.ts';
import { attributesOf, type Authorize, forbiddenByAuthorizer } from './authorize.ts';
import type { Attributes } from './authorizer.ts';

/**
 * Who may write the status of a ResourceClaim may not write all of it: what a claim is given needs
 * `resourceclaims/binding`, what drivers say of it `resourceclaims/driver` under the driver's name.
 * Neither is served; they are names for rights only. Source: pkg/registry/resource utils.go.
 */
export async function claimStatusRefusals(
  asked: { user: UserInfo; info: RequestInfo; next: KubeObject; old: KubeObject },
  authorize: Authorize,
): Promise<StatusCause[]> {
  const base = attributesOf(asked.user, asked.info);
  const next: ClaimStatus = asked.next.status ?? {};
  const old: ClaimStatus = asked.old.status ?? {};
  return [
    ...(await bindingRefusals(base, next, old, authorize)),
    ...(await driverRefusals(base, next, old, authorize)),
  ];
}

interface ClaimStatus {
  allocation?: { nodeSelector?: NodeSelector };
  reservedFor?: unknown[];
  devices?: DeviceStatus[];
}

interface DeviceStatus {
  driver?: string;
  pool?: string;
  device?: string;
  shareID?: string;
}

interface Requirement {
  key?: string;
  operator?: string;
  values?: string[];
}

interface NodeSelector {
  nodeSelectorTerms?: { matchExpressions?: Requirement[]; matchFields?: Requirement[] }[];
}

async function bindingRefusals(
  base: Attributes,
  next: ClaimStatus,
  old: ClaimStatus,
  authorize: Authorize,
): Promise<StatusCause[]> {
  const given = (status: ClaimStatus): boolean => status.allocation !== undefined;
  const same =
    given(next) === given(old) &&
    semanticEqual(next.allocation, old.allocation) &&
    semanticEqual(next.reservedFor, old.reservedFor);
  if (same) return [];
  // of all claims of all namespaces, or of none
  const asked = { ...base, subresource: 'binding', namespace: '', name: '' };
  const refusal = await refusalOf(asked, authorize);
  if (refusal === undefined) return [];
  const what = 'changing status.allocation or status.reservedFor';
  const why = `requires resource="resourceclaims/binding", verb="${base.verb}" permission`;
  return [fieldForbidden('status', `${what} ${why}: ${refusal}`)];
}

async function driverRefusals(
  base: Attributes,
  next: ClaimStatus,
  old: ClaimStatus,
  authorize: Authorize,
): Promise<StatusCause[]> {
  const drivers = changedDrivers(next.devices ?? [], old.devices ?? []);
  if (drivers.length === 0) return [];
  const verbs = [`arbitrary-node:${base.verb}`];
  if (runsOn(base.user, onlyNode(next.allocation?.nodeSelector))) {
    verbs.unshift(`associated-node:${base.verb}`);
  }
  const causes: StatusCause[] = [];
  for (const driver of drivers) {
    const refusal = await anyOf(verbs, { ...base, subresource: 'driver', name: driver }, authorize);
    if (refusal === undefined) continue;
    const why = `changing status.devices requires resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission`;
    causes.push(fieldForbidden('status.devices', `${why}: ${refusal}`));
  }
  return causes;
}

/** One of the verbs is enough; the refusal of the first is told. */
async function anyOf(
  verbs: readonly string[],
  base: Attributes,
  authorize: Authorize,
): Promise<string | undefined> {
  let first: string | undefined;
  for (const verb of verbs) {
    const refusal = await refusalOf({ ...base, verb }, authorize);
    if (refusal === undefined) return undefined;
    first ??= refusal;
  }
  return first;
}

async function refusalOf(asked: Attributes, authorize: Authorize): Promise<string | undefined> {
  const decision = await authorize(asked);
  if (decision.verdict === 'allow') return undefined;
  const error = decision.verdict === 'no-opinion' ? decision.error : undefined;
  const parts = [error, decision.reason].filter((part) => part !== undefined && part !== '');
  return forbiddenByAuthorizer(asked, parts.join(': ')).message;
}

/** Drivers of devices whose state came, went or changed, in order. */
function changedDrivers(next: readonly DeviceStatus[], old: readonly DeviceStatus[]): string[] {
  const keyOf = ({ driver, pool, device, shareID }: DeviceStatus): string =>
    JSON.stringify([driver ?? '', pool ?? '', device ?? '', shareID ?? '']);
  const before = new Map(old.map((one) => [keyOf(one), one]));
  const changed = new Set<string>();
  for (const one of next) {
    const key = keyOf(one);
    if (!semanticEqual(before.get(key), one)) changed.add(one.driver ?? '');
    before.delete(key);
  }
  for (const { driver = '' } of before.values()) changed.add(driver);
  return [...changed].toSorted();
}

/** The node of what is allocated, where it is one by its name. */
function onlyNode(selector: NodeSelector | undefined): string {
  const [term, ...others] = selector?.nodeSelectorTerms ?? [];
  if (others.length > 0 || (term?.matchExpressions ?? []).length > 0) return '';
  const [field, ...fields] = term?.matchFields ?? [];
  if (fields.length > 0 || field?.key !== 'metadata.name' || field.operator !== 'In') return '';
  const [name = '', ...names] = field.values ?? [];
  return names.length > 0 ? '' : name;
}

const serviceAccount = /^system:serviceaccount:[^:]+:[^:]+$/;
const nodeNameKey = 'authentication.kubernetes.io/node-name';

/** A service account whose token is bound to a pod of the node. */
function runsOn({ name, extra = {} }: UserInfo, node: string): boolean {
  if (node === '' || !serviceAccount.test(name)) return false;
  const [bound = '', ...others] = extra[nodeNameKey] ?? [];
  return others.length === 0 && bound === node && dns1123SubdomainErrors(node).length === 0;
}
