import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Errors } from '../field-check.ts';

/** Kubernetes' own groups are approved by Kubernetes (apiextensions validation validateAPIApproval). */

const annotation = 'api-approved.kubernetes.io';
const where = 'see https://github.com/kubernetes/enhancements/pull/1111';
const path = `metadata.annotations[${annotation}]`;

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

/** Whoever does not change the approval is not asked for it. */
export function checkApproval(errors: Errors, next: KubeObject, old: KubeObject | undefined): void {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(next.spec.group ?? '')) return;
  const approval = approvalOf(next);
  if (old !== undefined && approvalOf(old) === approval) return;
  const must = `protected groups must have approval annotation "${annotation}"`;
  if (approval === 'missing') errors.push(fieldRequired(path, `${must}, ${where}`));
  else if (approval === 'invalid') {
    const text = `${must} with either a URL or a reason starting with "unapproved", ${where}`;
    errors.push(fieldInvalid(path, next.metadata.annotations?.[annotation], text));
  }
}

function approvalOf({ metadata }: KubeObject): Approval {
  const text = metadata.annotations?.[annotation] ?? '';
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return URL.canParse(text) && new URL(text).host !== '' ? 'approved' : 'invalid';
}
