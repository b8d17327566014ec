import { fieldInvalid } from '../../../object/field-error.ts';
import { semanticEqual } from '../../../object/equal.ts';
import type { Errors } from '../field-check.ts';
import { familyOf, type IpFamily } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkClusterIps } from './service-cluster-ip-validation.ts';

/**
 * Which IP families a Service gets, from what it asks for and what the cluster has
 * (registry/core/service/storage/alloc.go initIPFamilyFields). Changes `next`; gives the refusals.
 * `families` are the cluster's, the default one first.
 */
export function chooseFamilies(
  next: Plain,
  old: Plain | undefined,
  families: readonly IpFamily[],
): Errors {
  const errors: Errors = [];
  if (next.type === 'ExternalName') return errors;
  if (old !== undefined && isUnchangedPreferred(next, old)) return errors;
  const headless = next.clusterIP === 'None';
  const unallocated = headless && Object.keys(next.selector ?? {}).length === 0;
  next.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (unallocated ? 'RequireDualStack' : 'SingleStack');
  checkClusterIps(errors, next, old);
  if (errors.length > 0) return errors;
  if (old !== undefined) checkReduction(errors, next, old);
  checkSingle(errors, next);
  inferFromAddresses(errors, next, families);
  if (errors.length > 0) return errors;
  const [preferred = 'IPv4'] = families;
  if (unallocated) {
    // Nothing is allocated for it, so it may have families that the cluster has not.
    if ((next.ipFamilies ?? []).length === 0) next.ipFamilies = [preferred];
    if (next.ipFamilies.length < 2 && next.ipFamilyPolicy !== 'SingleStack') addOther(next);
    return errors;
  }
  checkServed(errors, next, families);
  if (errors.length > 0) return errors;
  if ((next.ipFamilies ?? []).length === 0) next.ipFamilies = [preferred];
  const wantsBoth = next.ipFamilyPolicy !== 'SingleStack' && families.length === 2;
  if (wantsBoth && next.ipFamilies.length === 1) addOther(next);
  return errors;
}

/** What is asked for must be among what the cluster has. */
function checkServed(errors: Errors, next: Plain, families: readonly IpFamily[]): void {
  if (next.ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    const text = 'this cluster is not configured for dual-stack services';
    errors.push(fieldInvalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, text));
  }
  for (const [i, family] of (next.ipFamilies ?? []).entries()) {
    if (families.includes(family)) continue;
    errors.push(fieldInvalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  }
}

function addOther(spec: Plain): void {
  spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}

/** A PreferDualStack service keeps what it has when the cluster becomes dual-stack or stops being it. */
function isUnchangedPreferred(next: Plain, old: Plain): boolean {
  if (next.ipFamilyPolicy !== 'PreferDualStack' || old.ipFamilyPolicy !== 'PreferDualStack') {
    return false;
  }
  if (next.type !== old.type) return false;
  return (
    semanticEqual(next.clusterIPs, old.clusterIPs) && semanticEqual(next.ipFamilies, old.ipFamilies)
  );
}

/** Giving up the second family has to be said with the policy. */
function checkReduction(errors: Errors, next: Plain, old: Plain): void {
  const parts: [string, string][] = [
    ['clusterIPs', 'cluster IP'],
    ['ipFamilies', 'IP family'],
  ];
  for (const [field, words] of parts) {
    const now: string[] = next[field] ?? [];
    const before: string[] = old[field] ?? [];
    if (next.ipFamilyPolicy === 'SingleStack') {
      if (semanticEqual(now, before) && now.length > 1) next[field] = now.slice(0, 1);
    } else if (now.length > 0 && now.length < before.length) {
      const text = `must be 'SingleStack' to release the secondary ${words}`;
      errors.push(fieldInvalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, text));
    }
  }
}

function checkSingle(errors: Errors, next: Plain): void {
  if (next.ipFamilyPolicy !== 'SingleStack') return;
  const parts: [string, string][] = [
    ['clusterIPs', 'cluster IPs'],
    ['ipFamilies', 'IP families'],
  ];
  for (const [field, words] of parts) {
    if ((next[field] ?? []).length !== 2) continue;
    const text = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${words} are specified`;
    errors.push(fieldInvalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, text));
  }
}

function inferFromAddresses(errors: Errors, next: Plain, families: readonly IpFamily[]): void {
  for (const [i, ip] of (next.clusterIPs ?? []).entries()) {
    if (ip === 'None') return;
    if (i < (next.ipFamilies ?? []).length) continue;
    const family = familyOf(ip);
    if (family === undefined || !families.includes(family)) {
      const text = `${family ?? ''} is not configured on this cluster`;
      errors.push(fieldInvalid(`spec.clusterIPs[${i}]`, next.clusterIPs, text));
    } else next.ipFamilies = [...(next.ipFamilies ?? []), family];
  }
}
