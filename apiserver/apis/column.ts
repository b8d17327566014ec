import type { KubeObject } from '../../object/object.ts';
import {
  formatLabelSelector,
  type LabelSelectorObject,
  labelSelectorFromObject,
} from '../../object/selector.ts';
import { describeDefinition } from '../../schema/descriptions.ts';
import { age } from './human-duration.ts';
import type { Column } from './resource.ts';

/**
 * The Table columns that many kinds share, and a short way to write the rest. Names, types, order
 * and priorities are upstream's printers' (pkg/printers/internalversion/printers.go).
 */

type Cell = Column['cell'];

const metadataDescriptions = new Map<string, string>();

/** What such a column is said to be is what the field of its object is, read when first asked for. */
export function metadataDescription(field: string): string {
  let text = metadataDescriptions.get(field);
  if (text === undefined) {
    const { fields } = describeDefinition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
    text = fields[field] ?? '';
    metadataDescriptions.set(field, text);
  }
  return text;
}

export const nameColumn = nameColumnOf((object) => object.metadata.name ?? '');

export function nameColumnOf(cell: Cell): Column {
  return {
    name: 'Name',
    type: 'string',
    format: 'name',
    get description() {
      return metadataDescription('name');
    },
    cell,
  };
}

function ageColumnOf(type: 'string' | 'date', none: string | null): Column {
  return {
    name: 'Age',
    type,
    get description() {
      return metadataDescription('creationTimestamp');
    },
    cell: ({ metadata: { creationTimestamp } }) =>
      creationTimestamp === undefined ? none : age(creationTimestamp),
  };
}

export const ageColumn = ageColumnOf('string', '<unknown>');

/** Of custom resources: in a bookmark there is none. */
export const ageDateColumn = ageColumnOf('date', null);

const createdAtColumn: Column = {
  name: 'Created At',
  type: 'date',
  get description() {
    return metadataDescription('creationTimestamp');
  },
  cell: (object) => object.metadata.creationTimestamp ?? '',
};

/** What kinds without columns of their own show (k8s.io/apiserver registry/rest/table.go). */
export const defaultColumns: readonly Column[] = [nameColumn, createdAtColumn];

/** A text column; `priority` 1 shows with -o wide only. */
export function textColumn(name: string, cell: Cell, priority = 0): Column {
  return { name, type: 'string', priority, cell };
}

export function integerColumn(name: string, cell: Cell): Column {
  return { name, type: 'integer', cell };
}

export function booleanColumn(name: string, cell: Cell): Column {
  return { name, type: 'boolean', cell };
}

/** `<none>` for what is empty. */
export function orNone(text: string | undefined | null): string {
  return text === undefined || text === null || text === '' ? '<none>' : text;
}

/** Names and images of a pod template's containers: the last two wide columns of every workload. */
export function containerColumns(
  podSpecOf: (object: KubeObject) => PodSpecLike | undefined,
): Column[] {
  const containers = (object: KubeObject) => podSpecOf(object)?.containers ?? [];
  return [
    textColumn(
      'Containers',
      (o) =>
        containers(o)
          .map((c) => c.name)
          .join(','),
      1,
    ),
    textColumn(
      'Images',
      (o) =>
        containers(o)
          .map((c) => c.image ?? '')
          .join(','),
      1,
    ),
  ];
}

interface PodSpecLike {
  containers?: { name: string; image?: string }[];
}

/** `a=1,b=2`, sorted; `<none>` when empty. */
export function labelsText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return orNone(pairs.sort().join(','));
}

/** A LabelSelector object in its short form (meta/v1 FormatLabelSelector). */
export function selectorText(selector: LabelSelectorObject | undefined | null): string {
  try {
    const text = formatLabelSelector(labelSelectorFromObject(selector));
    return selector === undefined || selector === null ? '<none>' : orNone(text);
  } catch {
    return '<error>';
  }
}
