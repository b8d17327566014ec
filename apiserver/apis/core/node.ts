import type { KubeObject } from '../../../object/object.ts';
import { keepStatus } from '../field-check.ts';
import { nodeColumns } from './node-columns.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './node-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const node: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  storagePath: 'minions',
  generation: false,
  subresources: {
    proxy: {
      kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  },
  columns: nodeColumns,
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
  default: defaultNode,
  // A kubelet registers itself with its status, so a create keeps it.
  prepareForCreate({ spec }) {
    delete spec.configSource;
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    if (old.spec?.configSource === undefined) delete next.spec.configSource;
  },
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: nodeWarnings,
  status: { prepareForUpdate: dropStatusConfig, validateUpdate: validateNodeStatus },
};

function defaultNode(node: KubeObject): void {
  node.spec ??= {};
  node.status ??= {};
  const { spec, status } = node;
  if (status.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  // podCIDR is the first of podCIDRs, whichever was written.
  if (spec.podCIDRs?.length > 0) spec.podCIDR = spec.podCIDRs[0];
  else if (spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
}

function nodeWarnings({ spec }: KubeObject): string[] {
  return [
    ...(spec?.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec?.externalID
      ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes']
      : []),
  ];
}

/** Configuration through the API (dropped in v1.24) stays only where it is. */
function dropStatusConfig(next: KubeObject, old: KubeObject): void {
  if (old.status?.config === undefined) delete next.status?.config;
}
