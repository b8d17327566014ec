import type { KubeObject } from '../../object/object.ts';
import { timestamp } from '../../object/object.ts';
import type { Condition, RemoteApi } from './remote-api.ts';

/** Whether a remote API can be used, as far as the objects here tell (status/remote_available_controller.go). */

export type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

interface Slice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[] | null;
  ports?: { name?: string; port?: number }[] | null;
}

/** Why nobody needs to be asked; undefined: the server has to answer for itself. */
export function missing(
  { service }: RemoteApi,
  found: KubeObject | undefined,
  slices: readonly KubeObject[],
): Verdict | undefined {
  const where = `service/${service.name} in ${JSON.stringify(service.namespace)}`;
  if (found === undefined) return no('ServiceNotFound', `${where} is not present`);
  if (found['spec']?.type !== 'ClusterIP') return undefined;
  const ports: { name?: string; port: number }[] = found['spec'].ports ?? [];
  const port = ports.find((one) => one.port === service.port);
  if (port === undefined) {
    return no('ServicePortError', `${where} is not listening on port ${service.port}`);
  }
  if (slices.length === 0) {
    return no('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  }
  const name = port.name ?? '';
  if (slices.some((slice) => hasEndpoint(slice as Slice, name))) return undefined;
  const text = `endpointslices for ${where} have no addresses with port name ${JSON.stringify(name)}`;
  return no('MissingEndpoints', text);
}

function hasEndpoint({ endpoints, ports }: Slice, portName: string): boolean {
  const ready = (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false);
  return (
    ready && (ports ?? []).some(({ name = '', port }) => name === portName && port !== undefined)
  );
}

function no(reason: string, message: string): Verdict {
  return { status: 'False', reason, message };
}

export const passed: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' };

export function failedDiscovery(message: string): Verdict {
  return no('FailedDiscoveryCheck', message);
}

/** The object with the condition; the same object when nothing changes. The time is that of a change of status. */
export function withAvailable(apiService: KubeObject, verdict: Verdict, now: Date): KubeObject {
  const conditions: Condition[] = apiService['status']?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'Available');
  const same =
    before?.status === verdict.status &&
    before.reason === verdict.reason &&
    before.message === verdict.message;
  if (same) return apiService;
  const changed = before?.status !== verdict.status;
  const next: Condition = {
    lastTransitionTime: changed ? timestamp(now) : (before?.lastTransitionTime ?? timestamp(now)),
    message: verdict.message ?? '',
    reason: verdict.reason ?? '',
    status: verdict.status,
    type: 'Available',
  };
  const others = conditions.filter(({ type }) => type !== 'Available');
  return {
    ...apiService,
    status: { ...apiService['status'], conditions: [...others, next] },
  };
}
