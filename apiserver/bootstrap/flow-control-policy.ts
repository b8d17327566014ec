import type { KubeObject } from '../../object/object.ts';

/**
 * The FlowSchemas and PriorityLevelConfigurations every cluster starts with.
 * Source: k8s.io/apiserver pkg/apis/flowcontrol/bootstrap, v1.36.
 */

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const everyone = ['Group system:unauthenticated', 'Group system:authenticated'];
const anyResource = rule(['*'], ['*'], ['*'], true);
const anyUrl = { verbs: ['*'], nonResourceURLs: ['*'] };
const any = { resourceRules: [anyResource], nonResourceRules: [anyUrl] };

/** Shares, lendable percent, then queues, hand size and queue length where requests may wait. */
const limited: Readonly<Record<string, readonly [number, number, number?, number?, number?]>> = {
  'catch-all': [5, 0],
  'global-default': [20, 50, 128, 6, 50],
  'leader-election': [10, 0, 16, 4, 50],
  'node-high': [40, 25, 64, 6, 50],
  system: [30, 33, 64, 6, 50],
  'workload-high': [40, 50, 128, 6, 50],
  'workload-low': [100, 90, 128, 6, 50],
};

/** `exempt` and `catch-all` must be there: flow control does not work without them. */
export function priorityLevelConfigurations(): KubeObject[] {
  const levels = Object.entries(limited).map(
    ([name, [shares, lendable, queues, handSize, queueLength]]) =>
      object('PriorityLevelConfiguration', name, {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: shares,
          limitResponse:
            queues === undefined
              ? { type: 'Reject' }
              : { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: queueLength } },
          lendablePercent: lendable,
        },
      }),
  );
  levels.push(
    object('PriorityLevelConfiguration', 'exempt', {
      type: 'Exempt',
      exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 },
    }),
  );
  return levels;
}

type Rules = Record<string, unknown>;
type Row = [
  name: string,
  level: string,
  precedence: number,
  by: string,
  who: string[],
  what: Rules,
];

const probes: Rules = {
  nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
};
const leases: Rules = {
  resourceRules: [rule(['get', 'create', 'update'], ['coordination.k8s.io'], ['leases'], false)],
};
const nodeHigh: Rules = {
  resourceRules: [
    rule(['*'], [''], ['nodes', 'nodes/status'], true),
    rule(['*'], ['coordination.k8s.io'], ['leases'], false),
  ],
};
const kcm = 'User system:kube-controller-manager';
const scheduler = 'User system:kube-scheduler';
const kubeSystemAccounts = 'ServiceAccount *';

const schemas: readonly Row[] = [
  ['exempt', 'exempt', 1, '', ['Group system:masters'], any],
  ['probes', 'exempt', 2, '', everyone, probes],
  [
    'system-leader-election',
    'leader-election',
    100,
    'ByUser',
    [kcm, scheduler, kubeSystemAccounts],
    leases,
  ],
  ['system-node-high', 'node-high', 400, 'ByUser', ['Group system:nodes'], nodeHigh],
  ['system-nodes', 'system', 500, 'ByUser', ['Group system:nodes'], any],
  ['kube-controller-manager', 'workload-high', 800, 'ByNamespace', [kcm], any],
  ['kube-scheduler', 'workload-high', 800, 'ByNamespace', [scheduler], any],
  ['kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', [kubeSystemAccounts], any],
  ['service-accounts', 'workload-low', 9000, 'ByUser', ['Group system:serviceaccounts'], any],
  ['global-default', 'global-default', 9900, 'ByUser', everyone, any],
  ['catch-all', 'catch-all', 10000, 'ByUser', everyone, any],
];

export function flowSchemas(): KubeObject[] {
  return schemas.map(([name, level, matchingPrecedence, by, who, what]) =>
    object('FlowSchema', name, {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence,
      ...(by === '' ? {} : { distinguisherMethod: { type: by } }),
      rules: [{ subjects: who.map(subject), ...structuredClone(what) }],
    }),
  );
}

function rule(verbs: string[], apiGroups: string[], resources: string[], clusterScope: boolean) {
  return {
    verbs,
    apiGroups,
    resources,
    ...(clusterScope ? { clusterScope: true } : {}),
    namespaces: ['*'],
  };
}

function subject(text: string): Record<string, unknown> {
  const [kind = '', name = ''] = text.split(' ');
  if (kind === 'ServiceAccount') {
    return { kind, serviceAccount: { namespace: 'kube-system', name } };
  }
  return kind === 'User' ? { kind, user: { name } } : { kind, group: { name } };
}

function object(kind: string, name: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
    spec,
  };
}
