import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { defaultAutoscaler } from './autoscaler-defaults.ts';
import { validateAutoscaler } from './autoscaler-validation.ts';

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

function autoscaler(spec: Plain): KubeObject {
  const object: KubeObject = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxReplicas: 5, scaleTargetRef: target, ...spec },
  };
  defaultAutoscaler(object);
  return object;
}

function texts(spec: Plain, old?: KubeObject): string[] {
  const causes = validateAutoscaler(autoscaler(spec), old);
  return causes.map((cause) => `${cause.field}: ${cause.message}`);
}

const of = (type: string, field: string, source: Plain) => ({
  metrics: [{ type, [field]: source }],
});

describe('an autoscaler is validated', () => {
  const table: [string, Plain, string[]][] = [
    ['a plain one', {}, []],
    [
      'bounds and target',
      { minReplicas: 0, maxReplicas: 0, scaleTargetRef: { name: 'a/b' } },
      [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.maxReplicas: Required value: must be set and greater than 0',
        'spec.scaleTargetRef.kind: Required value',
        'spec.scaleTargetRef.name: Invalid value: "a/b": may not contain \'/\'',
        'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    ],
    [
      'a metric without a type is reported thrice',
      { metrics: [{}] },
      [
        'spec.metrics[0].type: Required value: must specify a metric source type',
        'spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
        'spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      ],
    ],
    [
      'a metric of another type',
      { metrics: [{ type: 'Pods', resource: { name: 'cpu', target: {} } }] },
      [
        'spec.metrics[0].resource.target.type: Required value: must specify a metric target type',
        'spec.metrics[0].resource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
        'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
        'spec.metrics[0].pods: Required value: must populate information for the given metric source',
      ],
    ],
    [
      'a resource in percent and as it is',
      of('Resource', 'resource', {
        name: 'cpu',
        target: { type: 'Utilization', averageUtilization: 0, averageValue: '0' },
      }),
      [
        'spec.metrics[0].resource.target.averageValue: Invalid value: "0": must be positive',
        'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
        'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
      ],
    ],
    [
      'a container that is not named',
      of('ContainerResource', 'containerResource', {
        name: 'cpu',
        target: { type: 'Utilization', averageUtilization: 1 },
      }),
      ['spec.metrics[0].containerResource.container: Required value: must specify a container'],
    ],
    [
      'an external metric with both targets',
      of('External', 'external', {
        metric: { name: 'queue' },
        target: { type: 'Value', value: '1', averageValue: '1' },
      }),
      [
        'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
      ],
    ],
    [
      'an object',
      of('Object', 'object', { metric: {}, target: { type: 'Value' } }),
      [
        'spec.metrics[0].object.describedObject.kind: Required value',
        'spec.metrics[0].object.describedObject.name: Required value',
        'spec.metrics[0].object.metric.name: Required value: must specify a metric name',
        'spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue',
      ],
    ],
    [
      'behaviour',
      {
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: -1,
            tolerance: '-1',
            policies: [{ type: 'Half', value: 0, periodSeconds: 1801 }],
          },
          scaleDown: { stabilizationWindowSeconds: 3601, selectPolicy: 'Any', policies: [] },
        },
      },
      [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
        'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Half": supported values: "Percent", "Pods"',
        'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
        'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
        'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
        'spec.behavior.scaleDown.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
        'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
      ],
    ],
  ];
  for (const [name, spec, expected] of table) {
    test(name, () => assert.deepEqual(texts(spec), expected));
  }

  const versioned = (apiVersion: string, kind = 'Deployment') => ({
    scaleTargetRef: { apiVersion, kind, name: 'web' },
  });

  test('what is scaled is of a group; a stored target stays what it is', () => {
    const path = 'spec.scaleTargetRef.apiVersion';
    const noGroup = `${path}: Invalid value: "v1": apiVersion must specify API group`;
    assert.deepEqual(texts(versioned('v1')), [noGroup]);
    assert.deepEqual(texts(versioned('v1', 'ReplicationController')), []);
    assert.deepEqual(texts(versioned('a/b/c')), [
      `${path}: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c`,
    ]);
    assert.deepEqual(texts(versioned('v1'), autoscaler(versioned('v1'))), []);
    assert.deepEqual(texts(versioned('v1'), autoscaler(versioned(''))), [noGroup]);
  });

  test('what a metric describes is of a version that can be read, unless one was not', () => {
    const describing = (apiVersion: string) =>
      of('Object', 'object', {
        describedObject: { apiVersion, kind: 'Service', name: 's' },
        metric: { name: 'm' },
        target: { type: 'Value', value: '1' },
      });
    assert.deepEqual(texts(describing('v1')), []);
    const wrong =
      'spec.metrics[0].object.describedObject.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c';
    assert.deepEqual(texts(describing('a/b/c'), autoscaler(describing('v1'))), [wrong]);
    assert.deepEqual(texts(describing('a/b/c'), autoscaler(describing('d/e/f'))), []);
  });

  test('what is at zero may stay there, on a metric that can wake it', () => {
    const metric = { metric: { name: 'queue' }, target: { type: 'Value', value: '1' } };
    const spec = { minReplicas: 0, ...of('External', 'external', metric) };
    assert.deepEqual(texts(spec, autoscaler(spec)), []);
  });
});
