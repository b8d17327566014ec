import type { ControlPlane } from '../../crds/control-plane.ts';
import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import {
  generateKeys,
  issueAuthority,
  issueCertificate,
  type IssuedCertificate,
} from '../../pki/certificate.ts';
import { buildKubeconfig } from '../../pki/kubeconfig.ts';
import type { EventRecorder } from '../../reconciler/events.ts';
import type { Logger } from '../../reconciler/log.ts';
import { carryOut } from '../etcd/carry-out.ts';
import type { EtcdClient, EtcdEndpoint } from '../etcd/client.ts';
import { EtcdError } from '../etcd/client.ts';
import { type Ledger, writeLedger } from '../etcd/ledger.ts';
import { explain } from '../etcd/membership.ts';
import type { Children } from './children.ts';
import { childMetadata } from './desired/metadata.ts';
import { kindOf, type Plan } from './diff.ts';
import { milliseconds } from './durations.ts';
import type { Issue } from './judge.ts';
import { fieldManager, kinds, type Names } from './names.ts';
import { type Picture, secretText } from './picture.ts';

/** Does what was planned. Independent writes go out together. */

export interface Tools {
  children: Children;
  events: EventRecorder;
  log: Logger;
  etcd: { client: EtcdClient; endpoints: EtcdEndpoint[] } | undefined;
}

function encode(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
}

function secretObject(
  { controlPlane, names }: { controlPlane: ControlPlane; names: Names },
  name: string,
  type: string,
  values: Record<string, string>,
): KubeObject {
  return {
    apiVersion: apiVersionOf(kinds.secret),
    kind: kinds.secret.kind,
    metadata: childMetadata(controlPlane, names, name),
    type,
    data: encode(values),
  };
}

/**
 * Key material is created, never applied: when another operator was faster, its key stands and
 * this write is refused. The next look then sees it.
 */
async function createSecret(tools: Tools, secret: KubeObject): Promise<KubeObject> {
  return tools.children.create('secret', secret);
}

function pairOf(secret: KubeObject | undefined): IssuedCertificate {
  const certificatePem = secretText(secret, 'tls.crt');
  const privateKeyPem = secretText(secret, 'tls.key');
  if (certificatePem === undefined || privateKeyPem === undefined) {
    throw new Error(`Secret ${secret?.metadata.name} holds no certificate authority`);
  }
  return { certificatePem, privateKeyPem };
}

async function makeAuthorities(
  picture: Picture,
  plan: Plan,
  tools: Tools,
): Promise<Map<string, IssuedCertificate>> {
  const { pki } = picture.controlPlane.spec;
  const made = new Map<string, IssuedCertificate>();
  await Promise.all(
    plan.verdict.authorities.map(async ({ secret, commonName }) => {
      const issued = await issueAuthority({
        commonName,
        durationMs: milliseconds(pki.caDuration),
        keyAlgorithm: pki.keyAlgorithm,
        now: picture.now,
      });
      const { certificatePem, privateKeyPem } = issued;
      const values = {
        'tls.crt': certificatePem,
        'tls.key': privateKeyPem,
        'ca.crt': certificatePem,
      };
      await createSecret(tools, secretObject(picture, secret, 'kubernetes.io/tls', values));
      made.set(secret, issued);
    }),
  );
  return made;
}

async function makeServiceAccountKey(picture: Picture, tools: Tools): Promise<void> {
  const keys = await generateKeys(picture.controlPlane.spec.pki.keyAlgorithm);
  const values = { 'sa.key': keys.privateKeyPem, 'sa.pub': keys.publicKeyPem };
  const name = picture.names.secrets.serviceAccount;
  await createSecret(tools, secretObject(picture, name, 'Opaque', values));
}

async function makeLeaf(
  picture: Picture,
  { plan, reason, existing }: Issue,
  authority: IssuedCertificate,
  tools: Tools,
): Promise<void> {
  const { pki } = picture.controlPlane.spec;
  const issued = await issueCertificate(authority, {
    subject: { commonName: plan.commonName, organizations: plan.organizations },
    names: { dnsNames: plan.dnsNames, ipAddresses: plan.ipAddresses },
    usages: plan.usages,
    durationMs: milliseconds(pki.leafDuration),
    keyAlgorithm: pki.keyAlgorithm,
    now: picture.now,
  });
  const { certificatePem, privateKeyPem } = issued;
  let secret: KubeObject;
  if (plan.kubeconfig === undefined) {
    const values = { 'tls.crt': certificatePem, 'tls.key': privateKeyPem };
    const withAuthority = { ...values, 'ca.crt': authority.certificatePem };
    secret = secretObject(picture, plan.secret, 'kubernetes.io/tls', withAuthority);
  } else {
    const text = buildKubeconfig({
      clusterName: picture.names.controlPlane,
      userName: plan.kubeconfig.userName,
      server: plan.kubeconfig.server,
      certificateAuthority: authority.certificatePem,
      clientCertificatePem: certificatePem,
      clientKeyPem: privateKeyPem,
    });
    secret = secretObject(picture, plan.secret, 'Opaque', { value: text, kubeconfig: text });
  }
  if (existing === undefined) {
    await createSecret(tools, secret);
  } else {
    const { resourceVersion, uid } = existing.metadata;
    const metadata = { ...secret.metadata, resourceVersion, uid } as KubeObject['metadata'];
    await tools.children.update('secret', { ...secret, metadata });
    const message = `${plan.secret} was issued again (${reason}); it is reloaded without a restart`;
    tools.events.record(picture.controlPlane, 'Normal', 'CertificateRenewed', message);
  }
  tools.log.info(
    { secret: plan.secret, namespace: picture.names.namespace, reason },
    'certificate issued',
  );
}

async function makeCertificates(picture: Picture, plan: Plan, tools: Tools): Promise<void> {
  const made = await makeAuthorities(picture, plan, tools);
  await Promise.all(
    plan.verdict.leaves.map((issue) => {
      const { authority } = issue.plan;
      const pair = made.get(authority) ?? pairOf(picture.children.secret.get(authority));
      return makeLeaf(picture, issue, pair, tools);
    }),
  );
}

function ledgerObject(picture: Picture, ledger: Ledger): KubeObject {
  const { controlPlane, names } = picture;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(controlPlane, names, names.etcdMembers, 'etcd'),
    data: writeLedger(ledger),
  };
}

/** Refused when anybody wrote it since it was read: two operators never both decide. */
async function recordLedger(picture: Picture, ledger: Ledger, tools: Tools): Promise<void> {
  const object = ledgerObject(picture, ledger);
  const { resourceVersion, uid } =
    picture.children.configMap.get(picture.names.etcdMembers)?.metadata ?? {};
  const metadata = { ...object.metadata, resourceVersion, uid } as KubeObject['metadata'];
  await tools.children.update('configMap', { ...object, metadata });
}

/**
 * FailedPrecondition: a learner that has not caught up. Unavailable: etcd changes no membership
 * before its members have been connected for five seconds. Neither is a failure; ask again.
 */
const notYet: ReadonlySet<number> = new Set([9, 14]);

/** True when something was done, so that it is worth looking again at once. */
async function changeMembership(picture: Picture, plan: Plan, tools: Tools): Promise<boolean> {
  const action = plan.membership;
  if (action === undefined || ['wait', 'stalled', 'settled'].includes(action.kind)) return false;
  const { log, events } = tools;
  if (action.kind === 'record') {
    await recordLedger(picture, action.ledger, tools);
  } else if (action.kind === 'restart') {
    const { name, uid } = action;
    await tools.children.remove('pod', { namespace: picture.names.namespace, name, uid });
  } else if (tools.etcd !== undefined) {
    try {
      await carryOut(action, tools.etcd.client, tools.etcd.endpoints, picture.etcd);
    } catch (error) {
      if (!(error instanceof EtcdError) || !notYet.has(error.grpcCode)) throw error;
      log.debug({ refusal: error.message }, 'etcd says not yet');
      return false;
    }
  }
  const { controlPlane, namespace } = picture.names;
  const step = explain(action);
  log.info({ namespace, controlPlane, action: action.kind, step }, 'etcd membership changed');
  if (action.kind !== 'record') {
    const words = action.kind.split('-').map((w) => w.charAt(0).toUpperCase() + w.slice(1));
    events.record(picture.controlPlane, 'Normal', `Etcd${words.join('')}`, step ?? '');
  }
  return true;
}

async function applyAll(objects: readonly KubeObject[], tools: Tools): Promise<void> {
  const query = { fieldManager, force: true };
  await Promise.all(
    objects.map(async (object) => {
      try {
        await tools.children.apply(kindOf(object), object, query);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        const what = `${object.kind} ${object.metadata.name}`;
        throw new StatusError(error.code, error.reason, `${what}: ${error.message}`, error.details);
      }
    }),
  );
}

/** Rejects with the first failure; what else was under way has ended by then. */
async function together(work: Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((r) => r.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Carries out the plan. Answers whether to look again at once. */
export async function applyPlan(picture: Picture, plan: Plan, tools: Tools): Promise<boolean> {
  const first: Promise<unknown>[] = [
    makeCertificates(picture, plan, tools),
    applyAll(plan.surroundings, tools),
    ...plan.removals.map(({ kind, name, uid }) =>
      tools.children.remove(kind, { namespace: picture.names.namespace, name, uid }),
    ),
  ];
  if (plan.verdict.serviceAccount) first.push(makeServiceAccountKey(picture, tools));
  if (plan.foundingLedger !== undefined) {
    first.push(tools.children.create('configMap', ledgerObject(picture, plan.foundingLedger)));
  }
  // Pods mount all of the above: made first, they start at the first try.
  await together(first);
  await together([applyAll(plan.workloads, tools)]);
  return changeMembership(picture, plan, tools);
}
