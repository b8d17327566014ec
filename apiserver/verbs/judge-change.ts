import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Resource, UpdateCheck } from '../apis/resource.ts';
import { prefixCauses, validateChangedMetadata } from '../validation/metadata.ts';
import { checkOwnFinalizers } from '../validation/own-finalizers.ts';

interface ChangeOptions {
  subresource: string;
  warn(text: string): void;
  /** What the writer may not change: told before the rules of the kind. */
  refusals?: readonly StatusCause[];
  /** Paths of numbers that are floats though they are whole. */
  floats?: ReadonlySet<string> | undefined;
}

/**
 * What is wrong with a change, in the order in which upstream tells it and as often: its rules for
 * all objects judge the metadata twice (registry/rest BeforeUpdate), and the kind's own again.
 */
export function judgeChange(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  { subresource, warn, refusals = [], floats }: ChangeOptions,
): StatusCause[] {
  const { asNew, asChange } = validateChangedMetadata(next.metadata, old.metadata);
  const { checks, rules, changes } = ownChecks(resource, next, old, {
    subresource,
    warn,
    floats,
  });
  const names = prefixCauses(next.metadata, old.metadata, resource.nameRule ?? 'dns-subdomain');
  const finalizers = checkOwnFinalizers(next.metadata, resource);
  const all = [asNew, asChange, refusals, names, finalizers, rules, changes];
  if (all.every((causes) => causes.length === 0)) return [];
  const found = {
    'new metadata': [...names, ...asNew.filter(isNoPrefix), ...finalizers],
    'changed metadata': [...asChange, ...finalizers],
    rules,
    changes,
  };
  const own = checks.flatMap((check) =>
    typeof check === 'function' ? check(next, old) : found[check],
  );
  return [...asNew, ...asChange, ...refusals, ...own];
}

function isNoPrefix({ field }: StatusCause): boolean {
  return field !== 'metadata.generateName';
}

interface OwnChecks {
  checks: readonly UpdateCheck[];
  rules: StatusCause[];
  changes: StatusCause[];
}

/** Those of the door that the change comes through. */
function ownChecks(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  { subresource, warn, floats }: ChangeOptions,
): OwnChecks {
  const none: OwnChecks = {
    checks: ['changed metadata', 'rules', 'changes'],
    rules: [],
    changes: [],
  };
  const judge =
    subresource === 'status' ? resource.custom?.validateStatus : resource.custom?.validate;
  const custom = judge?.(next, old, warn, floats) ?? [];
  const door = resource.subresources?.[subresource]?.update;
  if (door !== undefined) {
    const checks = door.updateChecks ?? none.checks;
    return { checks, rules: custom, changes: door.validate?.(next, old) ?? [] };
  }
  if (subresource === 'status') {
    const status = typeof resource.status === 'object' ? resource.status : undefined;
    const checks = status?.updateChecks ?? none.checks;
    return { checks, rules: custom, changes: status?.validateUpdate?.(next, old) ?? [] };
  }
  const checks = resource.updateChecks ?? none.checks;
  if (semanticEqual(next, old)) return { ...none, checks, rules: custom };
  return {
    checks,
    rules: [...custom, ...(resource.validate?.(next, old) ?? [])],
    changes: resource.validateUpdate?.(next, old) ?? [],
  };
}
