import type { KubeObject } from '../../../object/object.ts';
import { metadataDescription, textColumn } from '../column.ts';
import { age } from '../human-duration.ts';
import type { Column } from '../resource.ts';

/**
 * One stored Event, two groups that show it: core calls it involvedObject and message,
 * events.k8s.io regarding and note (pkg/apis/core/v1 and pkg/apis/events/v1 conversion).
 */

/** [core, events.k8s.io]. */
const renamed = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;

export function toCoreEvent(event: KubeObject): KubeObject {
  if (event.apiVersion === 'v1') return event;
  const core: KubeObject = { ...event, apiVersion: 'v1' };
  for (const [to, from] of renamed) move(core, from, to);
  core.reportingComponent ??= '';
  core.reportingInstance ??= '';
  return core;
}

export function fromCoreEvent(event: KubeObject): KubeObject {
  if (event.apiVersion !== 'v1') return event;
  const other: KubeObject = { ...event, apiVersion: 'events.k8s.io/v1' };
  for (const [from, to] of renamed) move(other, from, to);
  // core writes them even when they are empty
  for (const field of ['reportingController', 'reportingInstance']) {
    if (other[field] === '') delete other[field];
  }
  return other;
}

function move(event: KubeObject, from: string, to: string): void {
  if (event[from] === undefined) return;
  event[to] = event[from];
  delete event[from];
}

/** Of either form and under either group's names: both groups' lists are served from one cache. */
export function eventFields(event: KubeObject): Record<string, string> {
  const core = toCoreEvent(event);
  const about = core.involvedObject ?? {};
  const fields: Record<string, string> = {};
  for (const field of [
    'kind',
    'namespace',
    'name',
    'uid',
    'apiVersion',
    'resourceVersion',
    'fieldPath',
  ]) {
    fields[`involvedObject.${field}`] = about[field] ?? '';
    fields[`regarding.${field}`] = about[field] ?? '';
  }
  fields.reason = core.reason ?? '';
  fields.reportingComponent = core.reportingComponent ?? '';
  fields.reportingController = core.reportingComponent ?? '';
  fields.source = core.source?.component || core.reportingComponent || '';
  fields.type = core.type ?? '';
  return fields;
}

const onlyOfCore = /^(involvedObject\.|reportingComponent$)/;
const onlyOfEvents = /^(regarding\.|reportingController$)/;

/** Each group knows the fields by its own names; by `source` both select. */
export const isCoreLabel = (field: string): boolean => !onlyOfEvents.test(field);
export const isEventsLabel = (field: string): boolean => !onlyOfCore.test(field);

/** printers.go printEvent, of either form. */
export const eventColumns: readonly Column[] = [
  column('Last Seen', lastSeen),
  column('Type', (event) => event.type ?? ''),
  column('Reason', (event) => event.reason ?? ''),
  column('Object', ({ involvedObject: about }) => {
    const kind = (about?.kind ?? '').toLowerCase();
    return about?.name ? `${kind}/${about.name}` : kind;
  }),
  column('Subobject', (event) => event.involvedObject?.fieldPath ?? '', 1),
  column('Source', source, 1),
  column('Message', (event) => (event.message ?? '').trim()),
  column('First Seen', firstSeen, 1),
  column('Count', (event) => event.series?.count ?? (event.count || 1), 1),
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    priority: 1,
    get description() {
      return metadataDescription('name');
    },
    cell: (event) => event.metadata.name ?? '',
  },
];

function column(name: string, cell: Column['cell'], priority = 0): Column {
  return textColumn(name, (event) => cell(toCoreEvent(event)), priority);
}

function firstSeen(event: KubeObject): string {
  return age(event.firstTimestamp ?? event.eventTime);
}

function lastSeen(event: KubeObject): string {
  if (event.series) return age(event.series.lastObservedTime);
  return event.lastTimestamp ? age(event.lastTimestamp) : firstSeen(event);
}

function source(event: KubeObject): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || event.reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}
