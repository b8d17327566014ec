import { fieldInvalid } from '../../../object/field-error.ts';
import { byteLength } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';

const grouped = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** In its usual form (pkg/apis/resource validateUID); other forms that a reader takes are refused by name. */
export function checkUid(errors: Errors, uid: string, path: string): void {
  const problem = uidProblem(uid);
  if (problem !== undefined) {
    errors.push(fieldInvalid(path, uid, `error validating uid: ${problem}`));
  } else if (uid.length !== 36 || uid !== uid.toLowerCase()) {
    const text =
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters';
    errors.push(fieldInvalid(path, uid, text));
  }
}

/** github.com/google/uuid Validate. */
function uidProblem(uid: string): string | undefined {
  const length = byteLength(uid);
  let bare = uid;
  switch (length) {
    case 36:
      break;
    case 45:
      if (uid.slice(0, 9).toLowerCase() !== 'urn:uuid:') {
        return `invalid urn prefix: ${JSON.stringify(uid.slice(0, 9))}`;
      }
      bare = uid.slice(9);
      break;
    case 38:
      if (!uid.startsWith('{') || !uid.endsWith('}')) return 'invalid bracketed UUID format';
      bare = uid.slice(1, -1);
      break;
    case 32:
      return /^[0-9a-f]{32}$/i.test(uid) ? undefined : 'invalid UUID format';
    default:
      return `invalid UUID length: ${length}`;
  }
  return grouped.test(bare) ? undefined : 'invalid UUID format';
}
