import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerReference } from '../../../object/object.ts';
import type { Resource } from '../../apis/resource.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { makeOwnerReferencesPermissionEnforcement } from './owner-references.ts';

function world(...allowed: string[]) {
  const asked: string[] = [];
  const plugin = makeOwnerReferencesPermissionEnforcement({
    authorize({ verb, resource, subresource, namespace, name }) {
      const question = `${verb} ${resource}/${subresource} ${namespace}/${name}`;
      asked.push(question);
      return { verdict: allowed.includes(question) ? 'allow' : 'no-opinion', reason: 'no' };
    },
    resourceOfKind: (group, version, kind) =>
      `${group}/${version}/${kind}` === 'apps/v1/Deployment'
        ? ({ resource: 'deployments', namespaced: true } as Resource)
        : kind === 'Node'
          ? ({ resource: 'nodes', namespaced: false } as Resource)
          : undefined,
  });
  const judge = async (after: OwnerReference[], before?: OwnerReference[], subresource = '') => {
    const of = (owners: OwnerReference[]) => {
      const pod = makeObject('Pod', 'p');
      pod.metadata.ownerReferences = owners;
      return pod;
    };
    await plugin.validate?.(
      admissionRequest({
        of: 'pods',
        subresource,
        operation: before === undefined ? 'CREATE' : 'UPDATE',
        object: of(after),
        oldObject: before && of(before),
      }),
    );
  };
  return { judge, asked };
}

const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u' };
const blocking = { ...owner, blockOwnerDeletion: true };

test('who gives an object an owner may delete it', async () => {
  const { judge, asked } = world();
  await judge([owner]);
  await judge([owner], [owner]);
  await judge([owner], [], 'status');
  assert.deepEqual(asked, []);
  await assert.rejects(judge([owner], []), {
    code: 403,
    message: `pods "p" is forbidden: cannot set an ownerRef on a resource you can't delete: no, <nil>`,
  });
  await world('delete pods/ ns/p').judge([owner], []);
});

test('who holds an owner back may finalize it', async () => {
  const { judge, asked } = world();
  const why =
    "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
  await assert.rejects(judge([blocking]), {
    message: `pods "p" is forbidden: ${why}: no, <nil>`,
  });
  assert.deepEqual(asked, ['update */finalizers /*', 'update deployments/finalizers ns/d']);
  await world('update */finalizers /*').judge([blocking]);
  await world('update deployments/finalizers ns/d').judge([blocking]);
  const node = { ...blocking, apiVersion: 'v1', kind: 'Node', name: 'n' };
  await world('update nodes/finalizers /n').judge([node]);
  const may = 'delete pods/ ns/p';
  await assert.rejects(world(may).judge([blocking], [owner]), /you can't set finalizers on/);
  await world(may).judge([blocking, { ...owner, uid: 'v' }], [blocking]);
  await assert.rejects(judge([{ ...blocking, kind: 'None' }]), {
    message:
      'pods "p" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion apps/v1 Kind None: no matches for kind "None" in version "apps/v1"',
  });
});
