import { semanticEqual } from '../../object/equal.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { goMap } from '../../object/go-format.ts';
import { goEscaped } from '../../object/json-text.ts';
import { unifiedDiff } from '../../object/unified-diff.ts';
import { type Errors, immutableMessage } from './field-check.ts';
import { internalFields } from './internal-fields.ts';
import type { Plain } from './plain.ts';

/**
 * An object as upstream's JSON encoder writes its type inside the server: Go's names, every field,
 * zeros among them. For the values that refusals show.
 */
export function internalForm(type: string, value: Plain | undefined): unknown {
  types ??= read(internalFields);
  return struct(types, type, value ?? {});
}

/** As checkImmutable, of a value that is of one of upstream's types; absent, it is shown as null. */
export function checkImmutableStruct(
  errors: Errors,
  next: Plain | undefined,
  old: Plain | undefined,
  path: string,
  type: string,
): void {
  if (semanticEqual(next, old)) return;
  const shown = next === undefined ? null : internalForm(type, next);
  errors.push(fieldInvalid(path, shown, immutableMessage));
}

/** What changed between two values of a type, as upstream's refusals end with it (util/diff). */
export function internalDiff(type: string, old: Plain, next: Plain): string {
  const [before, after] = [old, next].map((value) =>
    goEscaped(JSON.stringify(internalForm(type, value), null, 1)),
  ) as [string, string];
  return unifiedDiff(before, after);
}

type Types = Map<string, Field[]>;

interface Field {
  /** Empty: metadata, whose fields have JSON names and stand beside the others. */
  name: string;
  json: string;
  kind: string;
}

/** Read when the first refusal needs it. */
let types: Types | undefined;

function read(table: string): Types {
  const lines = table.replaceAll('\n  ', ' ').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [type = '', ...fields] = line.split(' ');
      return [type, fields.map(readField)];
    }),
  );
}

function readField(text: string): Field {
  if (text === '@') return { name: '', json: 'metadata', kind: '' };
  const [names = '', kind = 'string'] = text.split(':');
  const [name = '', json = jsonName(name)] = names.split('=');
  return { name, json, kind };
}

/** `HTTPGet`: `httpGet`. */
function jsonName(name: string): string {
  const capitals = /^[A-Z]+/.exec(name)?.[0].length ?? 0;
  const lowered = capitals === name.length || capitals === 1 ? capitals : capitals - 1;
  return name.slice(0, lowered).toLowerCase() + name.slice(lowered);
}

function struct(known: Types, type: string, value: Plain): Plain {
  const shown: Plain = {};
  for (const { name, json, kind } of known.get(type) ?? []) {
    if (name === '') Object.assign(shown, metadata(value[json]));
    else shown[name] = field(known, kind, fieldOf(type, json, value));
  }
  return shown;
}

/** What a pod shares with its host is part of the security context inside upstream's server. */
const hostFields = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'];

function fieldOf(type: string, json: string, value: Plain): unknown {
  if (type !== 'PodSpec' || json !== 'securityContext') return value[json];
  const shared = hostFields.filter((name) => value[name] !== undefined);
  if (value[json] === undefined && shared.length === 0) return undefined;
  return { ...value[json], ...Object.fromEntries(shared.map((name) => [name, value[name]])) };
}

const zeros: Record<string, unknown> = { string: '', int: 0, bool: false, quantity: '0' };

function field(known: Types, kind: string, value: unknown): unknown {
  if (kind in zeros) return value ?? zeros[kind];
  if (known.has(kind)) return struct(known, kind, (value as Plain | undefined) ?? {});
  if (value === undefined || value === null) return null;
  if (kind === 'map') return goMap(value as Plain);
  if (kind === 'selector') return selector(value as Plain);
  if (kind.startsWith('*')) return struct(known, kind.slice(1), value as Plain);
  if (kind.startsWith('[]')) {
    return (value as Plain[]).map((item) => struct(known, kind.slice(2), item));
  }
  return value;
}

const metadataFields = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** A template's: it has its JSON names, and lacks what is empty. */
function metadata(value: Plain = {}): Plain {
  const shown: Plain = {};
  for (const name of metadataFields) {
    const given = value[name];
    const isMap = typeof given === 'object' && given !== null && !Array.isArray(given);
    const empty = typeof given === 'object' && Object.keys(given ?? {}).length === 0;
    if (given === undefined || given === '' || given === 0 || empty) continue;
    shown[name] = isMap ? goMap(given) : given;
  }
  return shown;
}

function selector({ matchLabels = {}, matchExpressions = [] }: Plain): Plain {
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels: goMap(matchLabels) }),
    ...(matchExpressions.length === 0
      ? {}
      : {
          matchExpressions: matchExpressions.map(({ key, operator, values = [] }: Plain) => ({
            key: key ?? '',
            operator: operator ?? '',
            ...(values.length === 0 ? {} : { values }),
          })),
        }),
  };
}
