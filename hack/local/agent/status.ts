import { type KubeObject, timestamp } from '../../../object/object.ts';

export type ContainerRole = 'init' | 'main' | 'ephemeral';

/** What the agent knows of one container; `status` fields as the kubelet reports them. Pure. */
export interface ContainerState {
  name: string;
  image: string;
  role: ContainerRole;
  restarts: number;
  ready: boolean;
  started: boolean;
  state: StateFields;
  lastState: StateFields;
  pid: number;
}

export type StateFields =
  | Record<string, never>
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | { terminated: Terminated };

export interface Terminated {
  exitCode: number;
  reason: string;
  signal?: number;
  startedAt: string;
  finishedAt: string;
  message?: string;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime: string;
  lastProbeTime?: null;
}

export interface PodFacts {
  podIP: string;
  hostIP: string;
  startTime: string;
  containers: readonly ContainerState[];
  initialized: boolean;
  terminating: boolean;
}

/** The status to write; conditions of others (PodScheduled) are kept. */
export function podStatus(pod: KubeObject, facts: PodFacts, now: Date): Record<string, unknown> {
  const of = (role: ContainerRole) => facts.containers.filter((c) => c.role === role);
  const main = of('main');
  const phase = phaseOf(pod, main, facts.initialized);
  const ready = phase === 'Running' && main.every((c) => c.ready) && !facts.terminating;
  const notReady = main.filter((c) => !c.ready).map((c) => c.name);
  const over = phase === 'Succeeded' || phase === 'Failed';
  const why = over
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${notReady.join(' ')}]`,
      };
  const old: Condition[] = pod['status']?.conditions ?? [];
  const own = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']);
  const condition = (type: string, holds: boolean, because: object): Condition => {
    const before = old.find((c) => c.type === type);
    const status = holds ? 'True' : 'False';
    const since = before?.status === status ? before.lastTransitionTime : timestamp(now);
    return {
      type,
      status,
      lastProbeTime: null,
      lastTransitionTime: since,
      ...(holds ? {} : because),
    };
  };
  return {
    phase,
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(facts.podIP === '' ? {} : { podIP: facts.podIP, podIPs: [{ ip: facts.podIP }] }),
    startTime: facts.startTime,
    conditions: [
      ...old.filter((c) => !own.has(c.type)),
      condition('PodReadyToStartContainers', facts.podIP !== '', {}),
      condition('Initialized', facts.initialized, {
        reason: 'ContainersNotInitialized',
        message: 'init containers have not finished',
      }),
      condition('ContainersReady', ready, why),
      condition('Ready', ready, why),
    ],
    ...statuses('initContainerStatuses', of('init')),
    containerStatuses: main.map(containerStatus),
    ...statuses('ephemeralContainerStatuses', of('ephemeral')),
    observedGeneration: pod.metadata.generation ?? 1,
  };
}

function statuses(field: string, containers: ContainerState[]): Record<string, unknown> {
  return containers.length === 0 ? {} : { [field]: containers.map(containerStatus) };
}

function containerStatus(container: ContainerState): Record<string, unknown> {
  return {
    name: container.name,
    image: container.image,
    imageID: '',
    // nobody waits for an ephemeral one, and kubelets do not say that it is ready
    ...(container.role === 'ephemeral'
      ? { ready: false }
      : { ready: container.ready, started: container.started }),
    restartCount: container.restarts,
    state: container.state,
    lastState: container.lastState,
    ...(container.pid > 0 ? { containerID: `process://${container.pid}` } : {}),
  };
}

function phaseOf(pod: KubeObject, main: readonly ContainerState[], initialized: boolean): string {
  if (!initialized) return 'Pending';
  const policy: string = pod['spec']?.restartPolicy ?? 'Always';
  const ended = main.filter((c) => 'terminated' in c.state);
  if (main.length > 0 && ended.length === main.length && policy !== 'Always') {
    const failed = ended.some(
      (c) => 'terminated' in c.state && c.state['terminated']?.exitCode !== 0,
    );
    if (!failed) return 'Succeeded';
    if (policy === 'Never') return 'Failed';
  }
  const begun = main.some((c) => 'running' in c.state || 'terminated' in c.state || c.restarts > 0);
  return begun ? 'Running' : 'Pending';
}

export function isOver({ phase }: Record<string, unknown>): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Of a container that nobody has begun to run. */
export function waitingState(
  of: { name: string; image: string },
  role: ContainerRole,
): ContainerState {
  return {
    name: of.name,
    image: of.image,
    role,
    restarts: 0,
    ready: false,
    started: false,
    state: { waiting: { reason: role === 'init' ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: {},
    pid: 0,
  };
}

const lists: readonly [ContainerRole, string][] = [
  ['init', 'initContainers'],
  ['main', 'containers'],
  ['ephemeral', 'ephemeralContainers'],
];

/** Of every container of a pod, whether it was begun to be run or not. */
export function statesOf(
  spec: Record<string, { name: string; image: string }[] | undefined>,
  begun: readonly ContainerState[],
): ContainerState[] {
  const known = new Map(begun.map((state) => [state.name, state]));
  return lists.flatMap(([role, field]) =>
    (spec[field] ?? []).map((c) => known.get(c.name) ?? waitingState(c, role)),
  );
}
