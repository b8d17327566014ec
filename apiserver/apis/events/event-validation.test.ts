import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { causeTexts } from '../refused.ts';
import { validateChangedEvent, validateEvent, validateNewEvent } from './event-validation.ts';

const time = '2024-01-01T00:00:00.000000Z';

function core(fields: Plain, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace }, ...fields };
}

function recent(fields: Plain = {}): KubeObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    eventTime: time,
    reportingController: 'a.b/c',
    reportingInstance: 'i',
    action: 'Bind',
    reason: 'Bound',
    type: 'Normal',
    ...fields,
  };
}

test('a core Event lies in the namespace of what it is about', () => {
  const wrong = 'does not match event.namespace';
  const path = 'involvedObject.namespace';
  const table: [KubeObject, string[]][] = [
    [core({ involvedObject: { namespace: 'default' } }), []],
    [core({}), []],
    [core({}, 'kube-system'), [`${path}: Invalid value: "": ${wrong}`]],
    [core({ involvedObject: { namespace: 'a' } }), [`${path}: Invalid value: "a": ${wrong}`]],
    [
      core({ eventTime: time, reason: 'a'.repeat(129) }, 'kube-system'),
      [
        'reportingComponent: Required value',
        'reportingComponent: Invalid value: "": name part must be non-empty',
        "reportingComponent: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        'reportingInstance: Required value',
        'action: Required value',
        'reason: Invalid value: "": can have at most 128 characters',
      ],
    ],
  ];
  for (const [event, expected] of table)
    assert.deepEqual(causeTexts(validateEvent(event)), expected);
});

test('an events.k8s.io Event is new in every field', () => {
  assert.deepEqual(causeTexts(validateNewEvent(recent())), []);
  const old = recent({ type: 'Odd', deprecatedCount: 1, series: { count: 1 }, note: 'n' });
  assert.deepEqual(causeTexts(validateNewEvent(old)), [
    'series.count: Invalid value: "": should be at least 2',
    'series.lastObservedTime: Required value',
    'type: Invalid value: "": has invalid value: Odd',
    'count: Invalid value: "": needs to be unset',
  ]);
  const next = recent({ series: { count: 2, lastObservedTime: time } });
  assert.deepEqual(causeTexts(validateChangedEvent(next, recent())), []);
  assert.deepEqual(causeTexts(validateChangedEvent(recent({ note: 'n' }), recent())), [
    'message: Invalid value: "n": field is immutable',
  ]);
});
