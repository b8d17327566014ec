import { after, before, test } from 'node:test';
import { ApiClient, stored } from '../../apiserver/verbs/api-client.ts';
import { admissionKinds } from './kinds/admission.ts';
import { coreKinds } from './kinds/core.ts';
import { networkKinds } from './kinds/network.ts';
import { namespace } from './kinds/parts.ts';
import { storageKinds } from './kinds/storage.ts';
import { workloadKinds } from './kinds/workloads.ts';
import { supportsOperations } from './life-cycle.ts';

/** "should support … API operations [Conformance]": what every kind can do, kind by kind. */
let api: ApiClient;

before(async () => {
  const flags = { 'disable-admission-plugins': 'ServiceAccount,StorageObjectInUseProtection' };
  api = await ApiClient.start({ flags });
  stored(await api.create('/api/v1/namespaces', { metadata: { name: namespace } }), 201);
});
after(() => api.stop());

const kinds = [coreKinds, workloadKinds, networkKinds, storageKinds, admissionKinds].flat();
for (const kind of kinds) test(kind.title, () => supportsOperations(api, kind, namespace));
