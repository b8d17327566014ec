import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Schema } from '../../schema/schema.ts';
import { deepCopy } from '../copy.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { StatusError } from '../status-error.ts';
import { type Applied, applyPatch } from './apply.ts';
import { fieldSetOf } from './field-set.ts';
import { trackUpdate } from './track-update.ts';

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'object', additional: text };
const metadata: Schema = {
  type: 'object',
  name: 'meta.ObjectMeta',
  zero: {},
  properties: {
    name: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    labels: texts,
    annotations: texts,
    finalizers: { type: 'array', items: text, listType: 'set', patchStrategy: 'merge' },
  },
};
const port: Schema = {
  type: 'object',
  properties: {
    port: { type: 'integer' },
    protocol: { type: 'string', default: 'TCP' },
    name: text,
  },
};
const container: Schema = {
  type: 'object',
  properties: {
    name: text,
    image: text,
    args: { type: 'array', items: text, listType: 'atomic' },
    ports: { type: 'array', items: port, listType: 'map', listMapKeys: ['port', 'protocol'] },
    resources: { type: 'object', zero: {}, properties: { limits: texts } },
  },
};
const schema: Schema = {
  type: 'object',
  name: 'apps.Thing',
  properties: {
    apiVersion: text,
    kind: text,
    metadata,
    spec: {
      type: 'object',
      zero: {},
      properties: {
        replicas: { type: 'integer' },
        paused: { type: 'boolean' },
        selector: { type: 'object', mapType: 'atomic', properties: { matchLabels: texts } },
        containers: {
          type: 'array',
          zero: null,
          items: container,
          listType: 'map',
          listMapKeys: ['name'],
        },
        free: { type: 'object', preserveUnknown: true },
      },
    },
    status: { type: 'object', zero: {}, properties: { ready: { type: 'integer' } } },
  },
};

const base = { schema, apiVersion: 'apps/v1', now: new Date('2026-04-01T00:00:00Z') };
const later = new Date('2026-04-02T00:00:00Z');

function thing(spec: object, meta: object = {}): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Thing', metadata: { name: 'x', ...meta }, spec };
}

/** What the verb does with the result: the object with its entries, as stored. */
function stored({ object, managedFields }: Applied): KubeObject {
  const metadata = { ...object.metadata, uid: 'u', ...(managedFields && { managedFields }) };
  return { ...object, metadata };
}

function created(object: KubeObject, manager = 'creator'): KubeObject {
  const managedFields = trackUpdate({ ...base, old: undefined, next: object, manager });
  return stored({ object, managedFields });
}

function apply(
  live: KubeObject | undefined,
  config: KubeObject,
  manager = 'applier',
  extra: { force?: boolean; now?: Date; subresource?: string } = {},
): Applied {
  return applyPatch({ ...base, force: false, ...extra, live, config, manager });
}

function fieldsOf(object: KubeObject, manager: string): unknown {
  return object.metadata.managedFields?.find((e) => e.manager === manager)?.fieldsV1;
}

const web = { name: 'web', image: 'one', ports: [{ port: 80, protocol: 'TCP' }], resources: {} };

test('a create is owned field by field, without what nobody owns', () => {
  const object = created(
    thing(
      { replicas: 1, selector: { matchLabels: { a: 'b' } }, containers: [web] },
      {
        labels: { a: 'b' },
        finalizers: ['f/x'],
      },
    ),
  );
  assert.deepEqual(object.metadata.managedFields, [
    {
      manager: 'creator',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: '2026-04-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': {
          'f:finalizers': { '.': {}, 'v:"f/x"': {} },
          'f:labels': { '.': {}, 'f:a': {} },
        },
        'f:spec': {
          'f:containers': {
            'k:{"name":"web"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': {
                '.': {},
                'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
              },
              'f:resources': {},
            },
          },
          'f:replicas': {},
          'f:selector': {},
        },
      },
    },
  ]);
});

test('an update takes what it changes from the others and drops what it removes', () => {
  const old = created(thing({ replicas: 1, paused: true, containers: [web] }));
  const next = { ...old, spec: { replicas: 2, containers: [web] } };
  const entries = trackUpdate({ ...base, old, next, manager: 'scaler', now: later });
  const object = stored({ object: next, managedFields: entries });
  assert.deepEqual(fieldsOf(object, 'scaler'), { 'f:spec': { 'f:replicas': {} } });
  const left = JSON.stringify(fieldsOf(object, 'creator'));
  assert.ok(!left.includes('f:replicas') && !left.includes('f:paused') && left.includes('f:image'));
});

test('an update that changes nothing keeps the entries as they are', () => {
  const old = created(thing({ replicas: 1 }));
  for (const next of [old, deepCopy(old), { ...old, metadata: { name: 'x', uid: 'u' } }]) {
    const entries = trackUpdate({ ...base, old, next, manager: 'other', now: later });
    assert.equal(entries, old.metadata.managedFields);
  }
});

test('managedFields can be reset, edited, and not lost by ignorance', () => {
  const old = created(thing({ replicas: 1 }));
  const next = (managedFields: ManagedFieldsEntry[]) => ({
    ...old,
    metadata: { ...old.metadata, managedFields },
  });
  const track = (managedFields: ManagedFieldsEntry[], subresource = '') =>
    trackUpdate({ ...base, old, next: next(managedFields), manager: 'm', subresource });
  assert.equal(track([]), undefined);
  assert.equal(track([{}]), undefined);
  assert.equal(track([{ manager: 'broken' }]), old.metadata.managedFields);
  assert.equal(track([{}], 'status'), old.metadata.managedFields);
  const edited: ManagedFieldsEntry = {
    manager: 'edited',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  };
  assert.deepEqual(track([edited]), [edited]);
});

test('old update managers are merged into one', () => {
  let object = created(thing({ replicas: 0 }));
  for (let i = 1; i <= 14; i++) {
    const next = {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, [`l${i}`]: 'x' } },
    };
    const now = new Date(base.now.getTime() + i * 1000);
    const managedFields = trackUpdate({ ...base, old: object, next, manager: `m${i}`, now });
    object = stored({ object: next, managedFields });
  }
  const names = object.metadata.managedFields?.map((e) => e.manager) ?? [];
  assert.equal(names.length, 10);
  assert.equal(names[0], 'ancient-changes');
  const ancient = JSON.stringify(fieldsOf(object, 'ancient-changes'));
  assert.ok(
    ancient.includes('f:replicas') && ancient.includes('f:l1"') && ancient.includes('f:l5"'),
  );
});

test('apply creates, and owns what its configuration mentions', () => {
  const { object, managedFields } = apply(
    undefined,
    thing({ replicas: 3 }, { labels: { a: 'b' } }),
  );
  assert.deepEqual(object.spec, { replicas: 3 });
  assert.deepEqual(managedFields?.[0]?.operation, 'Apply');
  assert.deepEqual(managedFields?.[0]?.fieldsV1, {
    'f:metadata': { 'f:labels': { 'f:a': {} } },
    'f:spec': { 'f:replicas': {} },
  });
});

test('what is applied no more goes, unless another manager owns it or nobody did', () => {
  const one = stored(
    apply(
      undefined,
      thing({ replicas: 3, paused: true, containers: [web, { name: 'side', image: 's' }] }),
    ),
  );
  const two = stored(apply(one, thing({ replicas: 3 }), 'second'));
  two.spec.free = { by: 'nobody' };
  const three = apply(two, thing({ containers: [{ name: 'web', image: 'one' }] }));
  assert.deepEqual(three.object.spec, {
    replicas: 3,
    containers: [{ name: 'web', image: 'one' }],
    free: { by: 'nobody' },
  });
});

test('a conflict names the manager and the fields; force takes them', () => {
  const live = created(thing({ replicas: 1, containers: [web] }), 'kubectl-client-side-apply');
  const config = thing({ replicas: 2 });
  assert.throws(() => apply(live, config), {
    code: 409,
    message:
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    details: {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "kubectl-client-side-apply" using apps/v1',
          field: '.spec.replicas',
        },
      ],
    },
  });
  const two = thing({ replicas: 2, containers: [{ name: 'web', image: 'new' }] });
  assert.throws(() => apply(live, two), {
    message:
      'Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:\n- .spec.replicas\n- .spec.containers[name="web"].image',
  });
  const forced = stored(apply(live, config, 'applier', { force: true }));
  assert.deepEqual(fieldsOf(forced, 'applier'), { 'f:spec': { 'f:replicas': {} } });
  assert.ok(!JSON.stringify(fieldsOf(forced, 'kubectl-client-side-apply')).includes('f:replicas'));
});

test('the same value is shared without conflict', () => {
  const live = created(thing({ replicas: 1 }));
  const both = stored(apply(live, thing({ replicas: 1 })));
  assert.deepEqual(fieldsOf(both, 'creator'), { 'f:spec': { 'f:replicas': {} } });
  assert.deepEqual(fieldsOf(both, 'applier'), { 'f:spec': { 'f:replicas': {} } });
});

test('objects from before tracking belong to before-first-apply', () => {
  const live = thing({ replicas: 1 }, { uid: 'u' });
  assert.throws(
    () => apply(live, thing({ replicas: 2 })),
    /conflict with "before-first-apply" using apps\/v1/,
  );
});

test('kubectl may take over what its own client-side apply wrote', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const last = JSON.stringify(thing({ replicas: 1 }));
  const live = created(thing({ replicas: 1 }, { annotations: { [annotation]: last } }), 'csa');
  assert.throws(() => apply(live, thing({ replicas: 2 })), StatusError);
  const { object } = apply(live, thing({ replicas: 2 }), 'kubectl');
  assert.equal(object.spec.replicas, 2);
  assert.match(object.metadata.annotations?.[annotation] ?? '', /"replicas":2.*\n$/);
});

test('configurations that do not fit are refused', () => {
  const bad: [KubeObject, number, RegExp][] = [
    [
      thing({ replica: 1 }),
      500,
      /failed to create typed patch object \(\/x; apps\/v1, Kind=Thing\): \.spec\.replica: field not declared in schema/,
    ],
    [
      thing({ containers: [web, web] }),
      500,
      /\.spec\.containers: duplicate entries for key \[name="web"\]/,
    ],
    [
      thing({ containers: [{ image: 'x' }] }),
      500,
      /element 0: associative list with keys has an element that omits key field "name"/,
    ],
    [
      thing({ replicas: 'x' }),
      500,
      /\.spec\.replicas: expected numeric \(int or float\), got &\{x\}/,
    ],
    [thing({}, { managedFields: [] }), 400, /managedFields must be nil/],
    [{ ...thing({}), apiVersion: 'apps/v2' }, 400, /Incorrect version specified in apply patch/],
  ];
  for (const [config, code, message] of bad) {
    assert.throws(
      () => apply(undefined, config),
      (error) => {
        assert.ok(error instanceof StatusError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('list elements keep the order of the configuration among themselves', () => {
  const live = created(thing({ containers: [{ name: 'a' }, { name: 'x' }, { name: 'b' }] }));
  const config = thing({ containers: [{ name: 'b' }, { name: 'new' }, { name: 'a' }] });
  const names = apply(live, config).object.spec.containers.map((c: { name: string }) => c.name);
  assert.deepEqual(names, ['x', 'b', 'new', 'a']);
  const defaults = created(thing({ containers: [web] }));
  const merged = apply(
    defaults,
    thing({ containers: [{ name: 'web', ports: [{ port: 80, name: 'http' }] }] }),
  );
  assert.deepEqual(merged.object.spec.containers[0].ports, [
    { port: 80, protocol: 'TCP', name: 'http' },
  ]);
});

test('fields that a door resets are never owned through it', () => {
  const object: KubeObject = { ...thing({ replicas: 1 }), status: { ready: 1 } };
  const entries = trackUpdate({
    ...base,
    old: undefined,
    next: object,
    manager: 'm',
    reset: fieldSetOf(['status']),
  });
  assert.deepEqual(entries?.[0]?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
});

const config = fc
  .record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      paused: fc.boolean(),
      selector: fc.record({
        matchLabels: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
      }),
      containers: fc.uniqueArray(
        fc.record(
          {
            name: fc.constantFrom('a', 'b', 'c'),
            image: fc.constantFrom('i', 'j'),
            args: fc.array(fc.constant('x'), { maxLength: 2 }),
          },
          { requiredKeys: ['name'], noNullPrototype: true },
        ),
        // An empty list is nobody's, so it would stay.
        { selector: (c) => c.name, minLength: 1, maxLength: 3 },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((spec) => thing(spec));

test('applying twice is applying once, and applying nothing takes everything back', () => {
  fc.assert(
    fc.property(config, config, (first, second) => {
      const live = stored(apply(undefined, first));
      const again = apply(live, first, 'applier', { now: later });
      assert.equal(again.managedFields, live.metadata.managedFields);
      const changed = stored(apply(live, second));
      const direct = apply(undefined, second);
      const sorted = (object: KubeObject) =>
        (object.spec.containers ?? []).toSorted((a: { name: string }, b: { name: string }) =>
          a.name < b.name ? -1 : 1,
        );
      assert.deepEqual(
        { ...changed.spec, containers: 0 },
        { ...direct.object.spec, containers: 0 },
      );
      assert.deepEqual(sorted(changed), sorted(direct.object));
      assert.deepEqual(changed.metadata.managedFields, direct.managedFields);
    }),
  );
});
