import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { byteLength, dns1123SubdomainErrors, labelKeyErrors } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkSignerName } from '../signer-name.ts';
import { checkInnerPath } from './local-path.ts';

/**
 * Projected sources that tell who others are, and who the pod is (core validation,
 * validateProjectionSources). Their gates are off: only what is stored already is judged.
 */

/** `take` remembers a file of the volume and refuses it where there is one. */
export function checkTrustBundle(
  errors: Errors,
  bundle: Plain,
  path: string,
  take: (file: string) => void,
): void {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) {
    errors.push(
      fieldInvalid(
        path,
        internalForm('ClusterTrustBundleProjection', bundle),
        'only one of name and signerName may be used',
      ),
    );
  } else if (name !== undefined) {
    if (name === '') errors.push(fieldRequired(`${path}.name`, 'must be a valid object name'));
    for (const why of bundleNameErrors(name)) {
      errors.push(fieldInvalid(`${path}.name`, name, `not a valid clustertrustbundlename: ${why}`));
    }
    if (labelSelector !== undefined) {
      const why = 'labelSelector must be unset if name is specified';
      errors.push(fieldInvalid(`${path}.labelSelector`, labelSelector, why));
    }
  } else if (signerName !== undefined) {
    const at = `${path}.signerName`;
    if (signerName === '') errors.push(fieldRequired(at, 'must be a valid signer name'));
    checkSignerName(errors, signerName, at);
    checkLabelSelector(errors, labelSelector, `${path}.labelSelector`);
  } else errors.push(fieldRequired(path, 'either name or signerName must be specified'));
  const file: string = bundle.path ?? '';
  if (file === '') errors.push(fieldRequired(`${path}.path`));
  checkInnerPath(errors, file, `${path}.path`);
  take(file);
}

/** What belongs to a signer is called after it: `signer:name`, with colons for slashes. */
function bundleNameErrors(name: string): readonly string[] {
  const end = name.lastIndexOf(':');
  if (end < 0) return dns1123SubdomainErrors(name);
  const signer = name.slice(0, end).replaceAll(':', '/');
  if (signer !== '') return dns1123SubdomainErrors(name.slice(end + 1));
  return ['ClusterTrustBundle without signer name must not have ":" in its name'];
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const hour = 60 * 60;
const day = 24 * hour;
const longestDays = 91;
const annotationBytesMax = 256 * 1024;

export function checkPodCertificate(
  errors: Errors,
  certificate: Plain,
  path: string,
  take: (file: string) => void,
): void {
  const { signerName = '', keyType = '', maxExpirationSeconds: seconds } = certificate;
  checkSignerName(errors, signerName, `${path}.signerName`);
  checkUserAnnotations(errors, certificate.userAnnotations ?? {}, `${path}.userAnnotations`);
  if (!keyTypes.includes(keyType)) {
    errors.push(fieldNotSupported(`${path}.keyType`, keyType, keyTypes));
  }
  if (seconds !== undefined) {
    const at = `${path}.maxExpirationSeconds`;
    const most = isOwnSigner(signerName) ? day : longestDays * day;
    for (const [wrong, bound] of [
      [seconds < hour, `>= ${hour}`],
      [seconds > most, `<= ${most}`],
    ]) {
      if (wrong !== true) continue;
      const why = `if provided, maxExpirationSeconds must be ${bound}`;
      errors.push(fieldInvalid(at, seconds, why));
    }
  }
  const files = ['credentialBundlePath', 'keyPath', 'certificateChainPath'].filter(
    (field) => certificate[field],
  );
  for (const field of files) {
    checkInnerPath(errors, certificate[field], `${path}.${field}`);
    take(certificate[field]);
  }
  if (files.length > 0) return;
  const one = 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath';
  errors.push(fieldRequired(path, one));
}

/** One that Kubernetes itself may have. */
function isOwnSigner(name: string): boolean {
  const [host = ''] = name.split('/', 1);
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io');
}

function checkUserAnnotations(
  errors: Errors,
  annotations: Record<string, string>,
  path: string,
): void {
  let size = 0;
  for (const [name, value] of Object.entries(annotations)) {
    size += byteLength(name) + byteLength(value);
    const key = name.toLowerCase();
    const wrong = labelKeyErrors(key);
    if (key === '') errors.push(fieldRequired(path));
    else if (wrong.length === 0 && !key.includes('/')) {
      const why = 'must be a domain-prefixed key (such as "acme.io/foo")';
      errors.push(fieldInvalid(path, key, why));
    } else for (const why of wrong) errors.push(fieldInvalid(path, key, why));
  }
  if (size > annotationBytesMax) errors.push(fieldTooLong(path, annotationBytesMax));
}
