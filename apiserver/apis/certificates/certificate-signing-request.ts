import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { keepStatus } from '../field-check.ts';
import { humanDuration } from '../human-duration.ts';
import type { Plain } from '../plain.ts';
import type { WriteInfo } from '../resource.ts';
import { validateApproval, validateRequest, validateRequestStatus } from './request-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const certificateSigningRequest: KindDefinition = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  namespaced: false,
  shortNames: ['csr'],
  storagePath: 'certificatesigningrequests',
  nameRule: 'path-segment',
  generation: false,
  subresources: {
    approval: {
      kind: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
      verbs: ['get', 'patch', 'update'],
      definition: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
      update: {
        prepare: prepareApproval,
        updateChecks: ['new metadata', 'changes', 'changed metadata'],
        validate: validateApproval,
      },
    },
  },
  columns: [
    nameColumn,
    ageColumn,
    textColumn('SignerName', ({ spec }) => spec?.signerName || '<none>'),
    textColumn('Requestor', ({ spec }) => spec?.username ?? ''),
    textColumn('RequestedDuration', ({ spec }) =>
      spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds),
    ),
    textColumn('Condition', conditionText),
  ],
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec?.signerName ?? '' }),
  default(request) {
    request.spec ??= {};
    request.status ??= {};
    for (const condition of request.status.conditions ?? []) condition.status ||= 'True';
  },
  prepareForCreate: recordRequester,
  prepareForUpdate(next, old) {
    next.spec = old.spec;
    keepStatus(next, old);
  },
  updateChecks: ['new metadata', 'changed metadata'],
  validateCreate: validateRequest,
  status: {
    // Who approves and who signs are different people: status may not touch the approval.
    prepareForUpdate(next, old, { now }) {
      keepApproval(next, old);
      stampConditions(next, old, now);
    },
    updateChecks: ['new metadata', 'changes', 'changed metadata'],
    validateUpdate: validateRequestStatus,
  },
};

/** The signer trusts these fields, so only the server writes them. */
function recordRequester(request: KubeObject, { user }: WriteInfo): void {
  const { spec } = request;
  for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field];
  spec.username = user.name;
  if (user.uid) spec.uid = user.uid;
  if (user.groups.length > 0) spec.groups = [...user.groups];
  if (user.extra !== undefined && Object.keys(user.extra).length > 0)
    spec.extra = { ...user.extra };
  request.status = {};
}

/** Approvals say what they said; one that comes or goes stays so, and is refused. */
function keepApproval(next: KubeObject, old: KubeObject): void {
  const conditions: Plain[] = next.status?.conditions ?? [];
  for (const type of ['Approved', 'Denied']) {
    const kept: Plain[] = (old.status?.conditions ?? []).filter((c: Plain) => c.type === type);
    const places = [...conditions.keys()].filter((i) => conditions[i]?.type === type);
    if (kept.length !== places.length) continue;
    for (const [i, place] of places.entries()) conditions[place] = { ...kept[i] };
  }
}

/** Times that were not sent: now, or what they were while the condition stands. */
function stampConditions(next: KubeObject, old: KubeObject, now: Date): void {
  const before: Plain[] = old.status?.conditions ?? [];
  const stamp = `${now.toISOString().slice(0, 19)}Z`;
  for (const condition of next.status?.conditions ?? []) {
    condition.lastUpdateTime ??= stamp;
    condition.lastTransitionTime ??=
      before.find(
        ({ type, status, lastTransitionTime }) =>
          type === condition.type && status === condition.status && lastTransitionTime,
      )?.lastTransitionTime ?? stamp;
  }
}

/** PUT and PATCH certificatesigningrequests/<name>/approval: conditions and nothing else. */
function prepareApproval(next: KubeObject, old: KubeObject, { now }: WriteInfo): void {
  next.spec = old.spec;
  const { conditions } = next.status ?? {};
  next.status = { ...old.status };
  if (conditions === undefined) delete next.status.conditions;
  else next.status.conditions = conditions;
  stampConditions(next, old, now);
}

/** printers.go extractCSRStatus. */
function conditionText({ status }: KubeObject): string {
  const types = new Set((status?.conditions ?? []).map((c: Plain) => c.type));
  let text = types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending';
  if (types.has('Failed')) text += ',Failed';
  if (status?.certificate) text += ',Issued';
  return text;
}
