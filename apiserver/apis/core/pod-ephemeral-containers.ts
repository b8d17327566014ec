import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import { internalDiff } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import type { CustomSubresource } from '../resource.ts';
import { isStatic, keepAllBut } from './pod-part.ts';
import { validatePod } from './pod-validation.ts';

/** pods/ephemeralcontainers: containers to debug with, and nothing else of the pod (pod strategy). */

export const ephemeralContainers: NonNullable<CustomSubresource['update']> = {
  prepare(next, old) {
    const added = next.spec?.ephemeralContainers;
    const spec = { ...old.spec };
    if (added === undefined) delete spec.ephemeralContainers;
    else spec.ephemeralContainers = added;
    keepAllBut(next, old, spec);
  },
  validate(next, old) {
    if (isStatic(old)) {
      return [fieldForbidden('[]', 'static pods do not support ephemeral containers')];
    }
    const errors: Errors = validatePod(next, old);
    const path = 'spec.ephemeralContainers';
    const now: Plain[] = next.spec.ephemeralContainers ?? [];
    for (const before of old.spec.ephemeralContainers ?? []) {
      const name = JSON.stringify(before.name);
      const kept = now.find((c) => c.name === before.name);
      if (kept === undefined) {
        const why = `existing ephemeral containers ${name} may not be removed\n`;
        errors.push(fieldForbidden(path, why));
      } else if (!semanticEqual(kept, before)) {
        const changes = internalDiff('EphemeralContainer', before, kept);
        const why = `existing ephemeral containers ${name} may not be changed\n${changes}`;
        errors.push(fieldForbidden(path, why));
      }
    }
    return errors;
  },
};
