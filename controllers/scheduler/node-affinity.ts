import { int64 } from '../../object/selector.ts';
import type { NodeInfo } from './snapshot.ts';

/** Node selectors: a list of terms of which one must match; within a term everything must. */
interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface NodeSelectorTerm {
  matchExpressions?: Requirement[];
  matchFields?: Requirement[];
}

export interface NodeSelector {
  nodeSelectorTerms?: NodeSelectorTerm[];
}

type Target = Pick<NodeInfo, 'labels' | 'name'>;

/** An empty term matches nothing, as upstream. */
export function matchesTerm(term: NodeSelectorTerm, node: Target): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((r) => matchesRequirement(r, node.labels[r.key])) &&
    fields.every((r) => matchesRequirement(r, r.key === 'metadata.name' ? node.name : undefined))
  );
}

export function matchesNodeSelector(selector: NodeSelector, node: Target): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

function matchesRequirement({ operator, values = [] }: Requirement, actual: string | undefined) {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
    case 'Lt': {
      const have = int64(actual ?? '');
      const want = int64(values[0] ?? '');
      if (have === undefined || want === undefined) return false;
      return operator === 'Gt' ? have > want : have < want;
    }
    default:
      return false;
  }
}
