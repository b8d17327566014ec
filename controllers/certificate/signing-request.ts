import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result, retry } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { certificateSigningRequests, subjectAccessReviews } from '../resources.ts';
import {
  hasCondition,
  isSettled,
  keepUntil,
  kubeletClient,
  nodeClientProblem,
  signerProblem,
  signers,
} from './signer-rules.ts';
import { parseSigningRequest, signSigningRequest } from '../../pki/signing-request.ts';

/** Of a request that fails (upstream's). */
const firstBackoffMs = 200;

const pemOf = (request: KubeObject): string =>
  Buffer.from(request.spec?.request ?? '', 'base64').toString('utf8');

/** Approves what kubelets ask for themselves, when the API server says that they may. */
export function approvingController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(certificateSigningRequests);

  async function reconcile(name: string): Promise<Result> {
    const request = informer.store.get(name);
    if (request === undefined || isSettled(request) || request.status?.certificate) return done;
    if (request.spec?.signerName !== kubeletClient) return done;
    let commonName: string;
    try {
      const { subject, names } = parseSigningRequest(pemOf(request));
      commonName = subject.commonName;
      const facts = { ...names, commonName, organizations: subject.organizations ?? [] };
      if (nodeClientProblem(facts, request.spec.usages ?? []) !== undefined) return done;
    } catch {
      return done; // Not a request we understand: somebody else's to judge.
    }
    for (const [subresource, message] of [
      [
        'selfnodeclient',
        'Auto approving self kubelet client certificate after SubjectAccessReview.',
      ],
      ['nodeclient', 'Auto approving kubelet client certificate after SubjectAccessReview.'],
    ] as const) {
      if (subresource === 'selfnodeclient' && request.spec.username !== commonName) continue;
      if (!(await isAllowed(request, subresource))) continue;
      await approve(request, message);
      return done;
    }
    // The binding that allows it may come later, and nobody tells of that.
    return retry(new Error(`recognized csr "${name}" but subject access review was not approved`));
  }

  async function isAllowed(request: KubeObject, subresource: string): Promise<boolean> {
    const { username, uid, groups, extra } = request.spec;
    const review = await cluster.create(subjectAccessReviews, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: username,
        ...(uid === undefined ? {} : { uid }),
        ...(groups === undefined ? {} : { groups }),
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes: {
          group: 'certificates.k8s.io',
          resource: 'certificatesigningrequests',
          subresource,
          verb: 'create',
          version: '*',
        },
      },
    });
    return review.status?.allowed === true;
  }

  async function approve(request: KubeObject, message: string): Promise<void> {
    const time = timestamp(context.now());
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'AutoApproved',
      message,
      lastUpdateTime: time,
      lastTransitionTime: time,
    };
    const conditions = [...(request.status?.conditions ?? []), condition];
    const next = { ...request, status: { ...request.status, conditions } };
    await cluster.update(certificateSigningRequests, next, 'approval');
  }

  const loop = createLoop(context, 'csrapproving', reconcile, { baseMs: firstBackoffMs });
  enqueue(informer, loop, (o) => [o.metadata.name ?? '']);
  return { name: 'csrapproving', loops: [loop] };
}

/** Signs approved requests of the built-in signers with the cluster's CA. */
export function signingController(context: ControllerContext): Controller {
  const { cluster, informers, settings } = context;
  const informer = informers.of(certificateSigningRequests);

  async function reconcile(name: string): Promise<Result> {
    const request = informer.store.get(name);
    const { signing } = settings;
    if (request === undefined || signing === undefined) return done;
    if (!hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return done;
    if (hasCondition(request, 'Failed') || request.status?.certificate) return done;
    if (!signers.includes(request.spec?.signerName)) return done;
    const pem = pemOf(request);
    const usages: string[] = request.spec.usages ?? [];
    const { subject, names } = parseSigningRequest(pem);
    const facts = {
      ...names,
      commonName: subject.commonName,
      organizations: subject.organizations ?? [],
    };
    const problem = signerProblem(request.spec.signerName, facts, usages);
    if (problem !== undefined) {
      await fail(request, problem);
      return done;
    }
    const asked = request.spec.expirationSeconds;
    // At least 10 minutes, at most what the administrator allows.
    const durationMs =
      asked == null
        ? signing.durationMs
        : Math.min(signing.durationMs, Math.max(600_000, asked * 1000));
    const { certificate, key } = signing.authority();
    const issued = signSigningRequest(
      pem,
      { certificatePem: certificate, privateKeyPem: key },
      { usages, durationMs, backdateMs: 5 * 60_000 },
    );
    const status = { ...request.status, certificate: Buffer.from(issued).toString('base64') };
    await cluster.update(certificateSigningRequests, { ...request, status }, 'status');
    return done;
  }

  async function fail(request: KubeObject, message: string): Promise<void> {
    const time = timestamp(context.now());
    const condition = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message,
      lastUpdateTime: time,
      lastTransitionTime: time,
    };
    const conditions = [...(request.status?.conditions ?? []), condition];
    const status = { ...request.status, conditions };
    await cluster.update(certificateSigningRequests, { ...request, status }, 'status');
  }

  const loop = createLoop(context, 'csrsigning', reconcile, { baseMs: firstBackoffMs });
  enqueue(informer, loop, (o) => [o.metadata.name ?? '']);
  return { name: 'csrsigning', loops: [loop] };
}

/** Deletes old requests. */
export function cleaningController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(certificateSigningRequests);

  async function reconcile(name: string): Promise<Result> {
    const request = informer.store.get(name);
    if (request === undefined) return done;
    const left = keepUntil(request) - context.now().getTime();
    if (left > 0) return requeueAfter(left);
    await cluster.delete(certificateSigningRequests, '', name);
    return done;
  }

  const loop = createLoop(context, 'csrcleaner', reconcile);
  enqueue(informer, loop, (o) => [o.metadata.name ?? '']);
  return { name: 'csrcleaner', loops: [loop] };
}
