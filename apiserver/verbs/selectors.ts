import { goQuote } from '../../object/go-format.ts';
import {
  exactField,
  type FieldSelector,
  matchesFields,
  parseFieldSelector,
} from '../../object/field-selector.ts';
import type { KubeObject } from '../../object/object.ts';
import { type LabelSelector, matches, parseLabelSelector } from '../../object/selector.ts';
import { badRequest, StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import type { Matcher } from '../watch/selection.ts';
import type { Term } from '../watch/value-index.ts';

type Values = Readonly<Record<string, string>>;

/** Which objects of a collection a request is about. */
export interface ListSelectors {
  namespace?: string;
  /** The one name that the field selector leaves. */
  name?: string;
  labelSelector?: Matcher;
  fieldSelector?: Matcher;
  /** No selector at all: counts are known. */
  everything: boolean;
}

export function listSelectors(context: RequestContext, resource: Resource): ListSelectors {
  const { info } = context;
  const labels = parsedLabels(info.labelSelector);
  const fields = parsedFields(info.fieldSelector, resource);
  const name = selectedName(info.name, fields);
  return {
    // the path of a Namespace has it as namespace and as name
    ...(info.namespace === '' || !resource.namespaced ? {} : { namespace: info.namespace }),
    ...(name === undefined ? {} : { name }),
    ...(labels === undefined ? {} : { labelSelector: labelMatcher(labels) }),
    ...(fields === undefined ? {} : { fieldSelector: fieldMatcher(fields) }),
    everything: labels === undefined && fields === undefined && name === undefined,
  };
}

/** `/api/v1/watch/...` may name one object in the path, and a field selector has to agree. */
function selectedName(pathName: string, fields: FieldSelector | undefined): string | undefined {
  const selected = fields === undefined ? undefined : exactField(fields, 'metadata.name');
  if (pathName === '' || pathName === selected) return selected;
  if (fields === undefined) return pathName;
  throw badRequest("fieldSelector metadata.name doesn't match requested name");
}

function labelMatcher(selector: LabelSelector): Matcher {
  const terms: Term[] = [];
  for (const { key, operator, values } of selector.requirements) {
    if (operator === '=' || operator === '==' || operator === 'in') {
      terms.push({ kind: 'labels', key, values });
    }
  }
  return { matches: (values: Values) => matches(selector, values), terms };
}

function fieldMatcher(selector: FieldSelector): Matcher {
  const terms: Term[] = [];
  for (const { field, operator, value } of selector) {
    // fields that are not there count as empty, too
    if (operator === '=' && value !== '')
      terms.push({ kind: 'fields', key: field, values: [value] });
  }
  return { matches: (values: Values) => matchesFields(selector, values), terms };
}

/** metadata.name, metadata.namespace and what the kind adds. */
export function selectableFields(resource: Resource, object: KubeObject): Record<string, string> {
  const { name = '', namespace = '' } = object.metadata;
  return {
    'metadata.name': name,
    ...(resource.namespaced ? { 'metadata.namespace': namespace } : {}),
    ...resource.selectableFields?.(object),
  };
}

/** Undefined when everything is selected, whatever the text is. */
function parsedLabels(text: string): LabelSelector | undefined {
  if (text === '') return undefined;
  try {
    const selector = parseLabelSelector(text);
    return selector.requirements.length === 0 ? undefined : selector;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(
      `unable to parse ${goQuote(text)} as a label selector: ${(error as Error).message}`,
    );
  }
}

function parsedFields(text: string, resource: Resource): FieldSelector | undefined {
  if (text === '') return undefined;
  const known = selectableFields(resource, emptyObject(resource));
  const selector = parseFieldSelector(text, (field) => {
    const served = Object.hasOwn(known, field) && resource.isFieldLabel?.(field) !== false;
    return served ? undefined : unknownLabel(resource, field);
  });
  return selector.length === 0 ? undefined : selector;
}

/**
 * Kinds with fields of their own refuse others in one way; all others know the two of metadata,
 * and of cluster-scoped kinds they know the namespace too, which is empty.
 */
function unknownLabel(resource: Resource, field: string): string | undefined {
  if (resource.fieldLabelRefusal !== undefined) return resource.fieldLabelRefusal(field);
  if (resource.selectableFields !== undefined || resource.custom !== undefined) {
    return `field label not supported: ${field}`;
  }
  if (field === 'metadata.namespace') return undefined;
  return `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function emptyObject(resource: Resource): KubeObject {
  return {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: {},
    spec: {},
    status: {},
  };
}
