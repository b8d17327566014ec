import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepCopy } from '../copy.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { base, created, fieldsOf, later, stored, thing, web } from './apply-fixture.ts';
import { fieldSetOf } from './field-set.ts';
import { trackUpdate } from './track-update.ts';

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
