import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../object.ts';
import { StatusError } from '../status-error.ts';
import { apply, created, fieldsOf, later, stored, thing, web } from './apply-fixture.ts';

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

test('conflicts with several are told by the name of the manager, whoever applied', () => {
  const updated = created(thing({ replicas: 1 }), 'OpenAPI-Generator');
  const both = stored(apply(updated, thing({ replicas: 1 }), 'ansible'));
  assert.throws(() => apply(both, thing({ replicas: 2 }), 'other'), {
    message:
      'Apply failed with 2 conflicts: conflicts with "OpenAPI-Generator" using apps/v1:\n- .spec.replicas\nconflicts with "ansible":\n- .spec.replicas',
  });
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
      /\.spec\.replicas: expected numeric \(int or float\), got string/,
    ],
    [thing({}, { managedFields: [] }), 400, /managedFields must be nil/],
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

test('a map that is applied empty is null when the last of it goes', () => {
  const live = stored(apply(undefined, thing({ containers: [{ name: 'a' }] })));
  const emptied = stored(apply(live, thing({})));
  assert.equal(emptied.spec, null);
  assert.deepEqual(fieldsOf(emptied, 'applier'), { 'f:spec': {} });
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

test('who applies what is there already owns it, without a time', () => {
  const one = stored(apply(undefined, thing({ replicas: 3 }), 'first'));
  const { managedFields } = apply(one, thing({ replicas: 3 }), 'second');
  // without a time comes first (apimachinery managedfields: no time is set where no object changed)
  assert.deepEqual(
    managedFields?.map(({ manager, time }) => [manager, typeof time]),
    [
      ['second', 'undefined'],
      ['first', 'string'],
    ],
  );
});
