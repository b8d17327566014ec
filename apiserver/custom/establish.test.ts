import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Definition, DefinitionNames } from './definition.ts';
import { decideStatus } from './establish.ts';

const now = new Date('2026-01-01T00:00:00Z');

function definition(names: DefinitionNames, spec: Partial<Definition['spec']> = {}): Definition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.x.y` },
    spec: {
      group: 'x.y',
      scope: 'Cluster',
      names,
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
      ...spec,
    },
  };
}

function conditions(asked: Definition, others: Record<string, DefinitionNames> = {}): string[] {
  const status = decideStatus(asked, new Map(Object.entries(others)), now);
  return (status?.conditions ?? []).map((c) => `${c.type} ${c.status} ${c.reason} ${c.message}`);
}

test('names that others have are not given', () => {
  const mine = { plural: 'things', kind: 'Thing', shortNames: ['a', 'b', 'c'] };
  assert.deepEqual(conditions(definition(mine)), [
    'NamesAccepted True NoConflicts no conflicts found',
    'Established False Installing the initial names have been accepted',
  ]);
  const named = decideStatus(definition(mine), new Map(), now) ?? {};
  assert.deepEqual(conditions({ ...definition(mine), status: named }), [
    'NamesAccepted True NoConflicts no conflicts found',
    'Established True InitialNamesAccepted the initial names have been accepted',
  ]);
  const self = { 'things.x.y': mine };
  assert.equal(conditions(definition(mine), self).length, 2);
  const cases: [DefinitionNames, string][] = [
    [
      { plural: 'o', kind: 'O', shortNames: ['things'] },
      'PluralConflict "things" is already in use',
    ],
    [{ plural: 'thing', kind: 'O' }, 'SingularConflict "thing" is already in use'],
    [{ plural: 'b', kind: 'O' }, 'ShortNamesConflict "b" is already in use'],
    [
      { plural: 'a', kind: 'O', shortNames: ['c'] },
      'ShortNamesConflict ["a" is already in use, "c" is already in use]',
    ],
    [{ plural: 'o', kind: 'Thing' }, 'KindConflict "Thing" is already in use'],
    [
      { plural: 'o', kind: 'O', listKind: 'ThingList' },
      'ListKindConflict "ThingList" is already in use',
    ],
  ];
  for (const [theirs, why] of cases) {
    assert.deepEqual(conditions(definition(mine), { 'o.x.y': theirs }), [
      `NamesAccepted False ${why}`,
      'Established False NotAccepted not all names are accepted',
    ]);
  }
});

test('a definition of old that is not structural says so, until it is', () => {
  const names = { plural: 'things', kind: 'Thing' };
  const versions = [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { properties: { a: {} } } },
    },
  ];
  const old = definition(names, { preserveUnknownFields: true, versions });
  const at = 'spec.versions[0].schema.openAPIV3Schema';
  assert.equal(
    conditions(old).at(-1),
    `NonStructuralSchema True Violations [spec.preserveUnknownFields: Invalid value: true: must be false, ${at}.properties[a].type: Required value: must not be empty for specified object fields, ${at}.type: Required value: must not be empty at the root]`,
  );
  const status = decideStatus(old, new Map(), now);
  const put = { ...definition(names), status: status ?? {} };
  assert.equal(conditions(put).length, 2);
});
