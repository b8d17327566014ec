import { applyConflict, type StatusError } from '../status-error.ts';
import { type FieldSet, forEachMember } from './field-set.ts';
import { formatPath } from './field-path.ts';
import type { Manager } from './managers.ts';

/** Fields that an apply would take from others. */
export interface Conflict {
  manager: Manager;
  path: readonly string[];
}

/** Field by field, managers in the order of {@link rank}. */
export function conflictsOf(
  taken: ReadonlyMap<string, { manager: Manager; set: FieldSet }>,
): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const { manager, set } of [...taken.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))) {
    forEachMember(set, (path) => conflicts.push({ manager, path: [...path] }));
  }
  return conflicts;
}

/** Upstream knows managers by the JSON of their entries, and tells of them in its order: by name first. */
function rank({ manager }: { manager: Manager }): string {
  const { name, operation, apiVersion, subresource } = manager;
  return JSON.stringify({
    ...(name === '' ? {} : { manager: name }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
}

/** 409 with a cause per field, worded as upstream. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describe(manager)}`,
    field: formatPath(path),
  }));
  return applyConflict(message(conflicts), causes);
}

function message(conflicts: readonly Conflict[]): string {
  const [only] = conflicts;
  if (only !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${describe(only.manager)}: ${formatPath(only.path)}`;
  }
  const byManager = new Map<Manager, string[]>();
  for (const { manager, path } of conflicts) {
    const lines = byManager.get(manager) ?? [];
    lines.push(`- ${formatPath(path)}`);
    byManager.set(manager, lines);
  }
  const lines = [...byManager].flatMap(([manager, paths]) => [
    `conflicts with ${describe(manager)}:`,
    ...paths,
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function describe({ name, operation, apiVersion, subresource }: Manager): string {
  const who = JSON.stringify(name);
  const where = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${who}${where}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
