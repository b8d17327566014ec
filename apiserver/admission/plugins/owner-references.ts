import { semanticEqual } from '../../../object/equal.ts';
import { type KubeObject, type OwnerReference, parseApiVersion } from '../../../object/object.ts';
import type { Resource } from '../../apis/resource.ts';
import type { Authorize } from '../../authz/authorize.ts';
import type { Attributes, Decision } from '../../authz/authorizer.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

/**
 * Who lets an object go with its owner may delete it, and who holds an owner back may finalize it.
 * Source: plugin/pkg/admission/gc.
 */
export function makeOwnerReferencesPermissionEnforcement(options: {
  authorize: Authorize;
  resourceOfKind(group: string, version: string, kind: string): Resource | undefined;
}): AdmissionPlugin {
  const ask = (request: AdmissionRequest, rest: Omit<Attributes, keyof typeof common | 'user'>) =>
    options.authorize({ ...common, user: request.user, ...rest });

  async function checkDelete(request: AdmissionRequest): Promise<void> {
    const { resource, subresource, namespace, name } = request;
    const { group, version } = resource;
    const about = { group, version, resource: resource.resource, subresource, namespace, name };
    const decision = await ask(request, { verb: 'delete', ...about });
    if (decision.verdict === 'allow') return;
    const why = "cannot set an ownerRef on a resource you can't delete";
    throw refused(request, `${why}: ${shown(decision)}`);
  }

  async function checkFinalize(request: AdmissionRequest, owner: OwnerReference): Promise<void> {
    const { apiVersion, kind, name } = owner;
    const { group = '', version = '' } = parseApiVersion(apiVersion) ?? {};
    const found = options.resourceOfKind(group, version, kind);
    if (found === undefined) {
      const missing = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
      const why = `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}`;
      throw refused(request, `${why}: ${missing}`);
    }
    const namespace = found.namespaced ? request.namespace : '';
    const about = { group, version, resource: found.resource, namespace, name };
    const decision = await ask(request, { verb: 'update', ...about, subresource: 'finalizers' });
    if (decision.verdict === 'allow') return;
    const why =
      "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
    throw refused(request, `${why}: ${shown(decision)}`);
  }

  return {
    name: 'OwnerReferencesPermissionEnforcement',
    async validate(request) {
      const { operation, object, oldObject } = request;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      // old kubelets spoil them here, and nothing changes them by way of a status
      if (isFor(request, '', 'pods', 'status')) return;
      const [before, after] = [ownersOf(oldObject), ownersOf(object)];
      if (semanticEqual(before, after)) return;
      if (operation !== 'CREATE') await checkDelete(request);
      const blocked = new Set(before.filter(blocks).map(({ uid }) => uid));
      const added = after.filter((owner) => blocks(owner) && !blocked.has(owner.uid));
      if (added.length === 0) return;
      const all = { group: '*', version: '*', resource: '*', subresource: 'finalizers' };
      const any = await ask(request, { verb: 'update', ...all, namespace: '', name: '*' });
      if (any.verdict === 'allow') return;
      for (const owner of added) await checkFinalize(request, owner);
    },
  };
}

const common = { resourceRequest: true, path: '' };

function ownersOf(object: KubeObject | undefined): OwnerReference[] {
  return object?.metadata?.ownerReferences ?? [];
}

function blocks(owner: OwnerReference): boolean {
  return owner.blockOwnerDeletion === true;
}

function shown(decision: Decision): string {
  const error = decision.verdict === 'no-opinion' ? decision.error : undefined;
  return `${decision.reason}, ${error ?? '<nil>'}`;
}
