import { deepEqual } from '../object/equal.ts';
import type { Controller } from '../reconciler/manager.ts';
import { done, type Result } from '../reconciler/result.ts';
import { keyFor } from '../reconciler/store.ts';
import {
  type ControllerContext,
  createLoop,
  enqueue,
  isCode,
  isNamespaceTerminating,
} from './context.ts';
import { whenChanged } from './periodic.ts';
import { configMaps, namespaces } from './resources.ts';

const configMapName = 'kube-root-ca.crt';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Puts the CA that verifies the API server into every active namespace. */
export function rootCaController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const rootCa = context.settings.rootCa ?? (() => '');
  const namespaceInformer = informers.of(namespaces);
  const maps = informers.of(configMaps, { fieldSelector: `metadata.name=${configMapName}` });

  async function reconcile(name: string): Promise<Result> {
    const namespace = namespaceInformer.store.get(name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp != null) return done;
    const data = { 'ca.crt': rootCa() };
    const annotations = { 'kubernetes.io/description': description };
    const current = maps.store.get(keyFor(name, configMapName));
    try {
      if (current === undefined) {
        await cluster.create(configMaps, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: configMapName, namespace: name, annotations },
          data,
        });
      } else if (
        !deepEqual(current.data, data) ||
        current.metadata.annotations?.['kubernetes.io/description'] !== description
      ) {
        const metadata = {
          ...current.metadata,
          annotations: { ...current.metadata.annotations, ...annotations },
        };
        await cluster.update(configMaps, { ...current, metadata, data });
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return done;
      if (isCode(error, 409) && current === undefined) return done;
      throw error;
    }
    return done;
  }

  const loop = createLoop(context, 'root-ca-certificate-publisher', reconcile);
  enqueue(namespaceInformer, loop, (o) => [o.metadata.name ?? '']);
  enqueue(maps, loop, (o) =>
    o.metadata.name === configMapName ? [o.metadata.namespace ?? ''] : [],
  );
  return {
    name: 'root-ca-certificate-publisher',
    loops: [loop],
    run(signal) {
      return whenChanged(rootCa, signal, () => {
        for (const key of namespaceInformer.store.keys()) loop.add(key);
      });
    },
  };
}
