import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { readJsonList, readJsonObject } from './embedded-json.ts';
import { checkTaints } from './taint-validation.ts';

/** Annotations of Nodes that scheduling once looked at (core validation, ValidateNodeSpecificAnnotations). */

const taints = 'scheduler.alpha.kubernetes.io/taints';
const avoidPods = 'scheduler.alpha.kubernetes.io/preferAvoidPods';
const path = 'metadata.annotations';

export function checkNodeAnnotations(
  errors: Errors,
  annotations: Readonly<Record<string, string>> = {},
): void {
  if (annotations[taints]) {
    const list = readJsonList(annotations[taints], '[]core.Taint');
    if (typeof list === 'string') errors.push(fieldInvalid(path, taints, list));
    else checkTaints(errors, list, `${path}.${taints}`);
  }
  if (annotations[avoidPods]) {
    const avoids = readJsonObject(annotations[avoidPods], 'v1.AvoidPods');
    if (typeof avoids === 'string') {
      errors.push(fieldInvalid(`${path}.AvoidPods`, avoidPods, avoids));
    } else checkAvoided(errors, avoids.preferAvoidPods ?? []);
  }
}

function checkAvoided(errors: Errors, entries: Plain[]): void {
  for (const [i, { podSignature }] of entries.entries()) {
    const at = `${path}.${avoidPods}[${i}].PodSignature`;
    const owner: Plain | undefined = podSignature?.podController;
    if (owner === undefined) errors.push(fieldRequired(at));
    else if (owner.controller !== true) {
      const text = 'must point to a controller';
      errors.push(fieldInvalid(`${at}.PodController.Controller`, false, text));
    }
  }
}
