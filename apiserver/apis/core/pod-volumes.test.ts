import { describe } from 'node:test';
import { refused } from '../refused.ts';
import { pod } from './pod.ts';

describe('a Pod and its volumes', () => {
  refused(
    pod,
    'one source each',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/x' }, downwardAPI: {}, cephfs: {} }],
    },
    [
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[0].cephFS: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[0].downwarAPI: Forbidden: may not specify more than 1 volume type',
    ],
  );
  refused(
    pod,
    'a host path without backsteps, of a known type',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [{ name: 'a', hostPath: { path: '/a/../b', type: 'Pipe' } }],
    },
    [
      'spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
      'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  );
  refused(
    pod,
    'files of a config map stay inside',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [
        {
          name: 'b',
          configMap: {
            items: [
              { key: 'k', path: '../x' },
              { key: '', path: '/a', mode: 1000 },
            ],
          },
        },
      ],
    },
    [
      'spec.volumes[0].configMap.name: Required value',
      'spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\'',
      'spec.volumes[0].configMap.items[1].key: Required value',
      'spec.volumes[0].configMap.items[1].path: Invalid value: "/a": must be a relative path',
      'spec.volumes[0].configMap.items[1].mode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  );
  refused(
    pod,
    'modes of a secret',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [{ name: 'b', secret: { secretName: 's', defaultMode: 1000 } }],
    },
    [
      'spec.volumes[0].secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  );
  refused(
    pod,
    'names are unique',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'a', emptyDir: {} },
      ],
    },
    ['spec.volumes[1].name: Duplicate value: "a"'],
  );
  refused(
    pod,
    'tokens',
    {
      containers: [{ name: 'a', image: 'x' }],
      serviceAccountName: 'sa',
      volumes: [
        {
          name: 'p',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'a', expirationSeconds: 1 } },
              { serviceAccountToken: { path: '/a' } },
            ],
          },
        },
      ],
    },
    [
      'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
      'spec.volumes[0].projected.path: Invalid value: "/a": must be a relative path',
    ],
  );
  refused(
    pod,
    'nfs',
    { containers: [{ name: 'a', image: 'x' }], volumes: [{ name: 'v', nfs: { path: 'rel' } }] },
    [
      'spec.volumes[0].nfs.server: Required value',
      'spec.volumes[0].nfs.path: Invalid value: "rel": must be an absolute path',
    ],
  );
  refused(
    pod,
    'claims',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [
        { name: 'v', persistentVolumeClaim: {} },
        { name: 'w', ephemeral: {} },
      ],
    },
    [
      'spec.volumes[0].persistentVolumeClaim.claimName: Required value',
      'spec.volumes[1].ephemeral.volumeClaimTemplate: Required value',
    ],
  );
  refused(
    pod,
    'images',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [{ name: 'v', image: { pullPolicy: 'Often' } }],
    },
    [
      'spec.volumes[0].image.reference: Required value',
      'spec.volumes[0].image.pullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never"',
    ],
  );
  refused(
    pod,
    'csi',
    { containers: [{ name: 'a', image: 'x' }], volumes: [{ name: 'v', csi: {} }] },
    ['spec.volumes[0].csi.driver: Required value'],
  );
  refused(
    pod,
    'sizes',
    {
      containers: [{ name: 'a', image: 'x' }],
      volumes: [{ name: 'v', emptyDir: { sizeLimit: '-1' } }],
    },
    [
      'spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity',
    ],
  );
  refused(
    pod,
    'mounts',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          volumeMounts: [
            { name: 'v', mountPath: '/a' },
            { name: 'v', mountPath: '/a' },
            { name: 'w', mountPath: '/b:c' },
            { name: 'v', mountPath: '/d', subPath: 'a', subPathExpr: 'b' },
            { name: 'i', mountPath: '/e', subPath: 'a' },
          ],
        },
      ],
      volumes: [{ name: 'v' }, { name: 'i', image: { reference: 'r' } }],
    },
    [
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
      'spec.containers[0].volumeMounts[2].name: Not found: "w"',
      'spec.containers[0].volumeMounts[3].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive',
    ],
  );
});
