import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Errors } from '../field-check.ts';

/**
 * Kubernetes' own groups are approved by Kubernetes (apiextensions validation validateAPIApproval and
 * controller/apiapproval).
 */

const annotation = 'api-approved.kubernetes.io';
const where = 'see https://github.com/kubernetes/enhancements/pull/1111';
const path = `metadata.annotations[${annotation}]`;

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

const must = `protected groups must have approval annotation "${annotation}"`;
const words: Record<Approval, (text: string) => string> = {
  missing: () => `${must}, ${where}`,
  invalid: () => `${must} with either a URL or a reason starting with "unapproved", ${where}`,
  bypassed: (text) => `not approved: ${JSON.stringify(text)}`,
  approved: (text) => `approved in ${text}`,
};
const reasons: Record<Approval, string> = {
  missing: 'MissingAnnotation',
  invalid: 'InvalidAnnotation',
  bypassed: 'UnapprovedAnnotation',
  approved: 'ApprovedAnnotation',
};

/** Whoever does not change the approval is not asked for it. */
export function checkApproval(errors: Errors, next: KubeObject, old: KubeObject | undefined): void {
  if (!isProtected(next)) return;
  const approval = approvalOf(next);
  if (old !== undefined && approvalOf(old) === approval) return;
  const text = textOf(next);
  if (approval === 'missing') errors.push(fieldRequired(path, words.missing(text)));
  else if (approval === 'invalid') errors.push(fieldInvalid(path, text, words.invalid(text)));
}

/** What a definition's status says of its approval; nothing in a group that needs none. */
export function approvalCondition(definition: KubeObject) {
  if (!isProtected(definition)) return undefined;
  const approval = approvalOf(definition);
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: approval === 'approved' ? 'True' : 'False',
    reason: reasons[approval],
    message: words[approval](textOf(definition)),
  };
}

function isProtected({ spec }: KubeObject): boolean {
  return /(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '');
}

function textOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[annotation] ?? '';
}

function approvalOf(definition: KubeObject): Approval {
  const text = textOf(definition);
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return URL.canParse(text) && new URL(text).host !== '' ? 'approved' : 'invalid';
}
