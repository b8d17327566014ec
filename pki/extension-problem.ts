import { goQuote } from '../object/go-format.ts';
import { alternativeNamesProblem } from './alternative-names-problem.ts';
import { contextTag, dotted, tags } from './der.ts';
import { nameConstraintsProblem } from './name-constraints-problem.ts';
import { StrictDer } from './strict-der.ts';

/** What is wrong with a certificate's extensions, in the words of Go's crypto/x509 (processExtensions). */

interface Extension {
  id: string;
  critical: boolean;
  value: Buffer;
}

export function certificateExtensionsProblem(list: StrictDer): string | undefined {
  const extensions: Extension[] = [];
  while (!list.isEmpty) {
    const inner = list.inside();
    if (inner === undefined) return 'x509: malformed extension';
    const extension = readExtension(inner);
    if (typeof extension === 'string') return `x509: malformed extension ${extension} field`;
    const { id } = extension;
    if (extensions.some((other) => other.id === id)) {
      return `x509: certificate contains duplicate extension with OID ${goQuote(id)}`;
    }
    extensions.push(extension);
  }
  for (const extension of extensions) {
    const problem = extensionProblem(extension);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Or the name of the field that cannot be read. */
function readExtension(inner: StrictDer): Extension | string {
  const id = inner.identifier();
  if (id === undefined) return 'OID';
  const critical = inner.has(tags.boolean) ? inner.boolean() : false;
  if (critical === undefined) return 'critical';
  const value = inner.read(tags.octetString);
  if (value === undefined) return 'value';
  const whole = { tag: tags.objectIdentifier, content: id, whole: id };
  return { id: dotted(whole), critical, value };
}

/** By the identifier: what cannot be read, or nothing. */
const readers: Record<string, [name: string, reads: (value: StrictDer) => boolean]> = {
  '2.5.29.15': ['key usage', (value) => value.bits() !== undefined],
  '2.5.29.19': ['basic constraints', readsBasicConstraints],
  '2.5.29.31': ['CRL distribution point', readsDistributionPoints],
  '2.5.29.32': ['certificate policies', readsPolicies],
  '2.5.29.33': ['policy mappings extension', readsMappings],
  '2.5.29.35': ['authority key identifier', readsAuthorityKey],
  '2.5.29.36': ['policy constraints extension', readsPolicyConstraints],
  '2.5.29.37': ['extended key usages', readsUsages],
  '2.5.29.14': ['subject key identifier', (value) => value.read(tags.octetString) !== undefined],
  '2.5.29.54': ['inhibit any policy extension', (value) => isNumber(value.integer())],
  '1.3.6.1.5.5.7.1.1': ['authority info access', readsAuthorityAccess],
};

const neverCritical: Record<string, string> = {
  '2.5.29.14': 'subject key identifier',
  '2.5.29.35': 'authority key identifier',
  '1.3.6.1.5.5.7.1.1': 'authority info access',
};

function extensionProblem({ id, critical, value }: Extension): string | undefined {
  if (id === '2.5.29.17') return alternativeNamesProblem(value);
  if (id === '2.5.29.30') return nameConstraintsProblem(value);
  const uncritical = neverCritical[id];
  if (critical && uncritical !== undefined)
    return `x509: ${uncritical} incorrectly marked critical`;
  const [name, reads] = readers[id] ?? [];
  if (reads === undefined || reads(new StrictDer(value))) return undefined;
  // of the list, not of one in it
  const isList = id === '2.5.29.31' && new StrictDer(value).inside() === undefined;
  return `x509: invalid ${name}${isList ? 's' : ''}`;
}

const numberBytes = 8;

/** One of 64 bits. */
function isNumber(content: Buffer | undefined): boolean {
  return content !== undefined && content.length <= numberBytes;
}

function readsBasicConstraints(value: StrictDer): boolean {
  const inner = value.inside();
  if (inner === undefined) return false;
  if (inner.has(tags.boolean) && inner.boolean() === undefined) return false;
  if (!inner.has(tags.integer)) return true;
  const length = inner.integer();
  return length !== undefined && isNumber(length) && (length[0] ?? 0) < 0x80;
}

function readsDistributionPoints(value: StrictDer): boolean {
  const points = value.inside();
  while (points?.isEmpty === false) {
    const point = points.inside();
    if (point === undefined) return false;
    const tag = contextTag(0, true);
    if (!point.has(tag)) continue;
    const names = point.inside(tag)?.inside(tag);
    if (names === undefined) return false;
    const uri = contextTag(6, false);
    while (names.has(uri)) if (names.read(uri) === undefined) return false;
  }
  return points !== undefined;
}

function readsPolicies(value: StrictDer): boolean {
  const policies = value.inside();
  const seen = new Set<string>();
  while (policies?.isEmpty === false) {
    const id = policies.inside()?.read(tags.objectIdentifier);
    if (id === undefined || seen.has(id.toString('hex')) || !isLongIdentifier(id)) return false;
    seen.add(id.toString('hex'));
  }
  return policies !== undefined;
}

/** Whose arcs may be of any length. */
function isLongIdentifier(id: Buffer): boolean {
  if ((id.at(-1) ?? 0x80) >= 0x80) return false;
  return id.every((byte, i) => byte !== 0x80 || (i > 0 && (id[i - 1] ?? 0) >= 0x80));
}

function readsMappings(value: StrictDer): boolean {
  const mappings = value.inside();
  while (mappings?.isEmpty === false) {
    const mapping = mappings.inside();
    if (mapping?.read(tags.objectIdentifier) === undefined) return false;
    if (mapping.read(tags.objectIdentifier) === undefined) return false;
  }
  return mappings !== undefined;
}

function readsAuthorityKey(value: StrictDer): boolean {
  const inner = value.inside();
  const tag = contextTag(0, false);
  return inner !== undefined && (!inner.has(tag) || inner.read(tag) !== undefined);
}

function readsPolicyConstraints(value: StrictDer): boolean {
  const inner = value.inside();
  if (inner === undefined) return false;
  return [contextTag(0, false), contextTag(1, false)].every(
    (tag) => !inner.has(tag) || isNumber(inner.integer(tag)),
  );
}

function readsUsages(value: StrictDer): boolean {
  const usages = value.inside();
  while (usages?.isEmpty === false) if (usages.identifier() === undefined) return false;
  return usages !== undefined;
}

function readsAuthorityAccess(value: StrictDer): boolean {
  const entries = value.inside();
  while (entries?.isEmpty === false) {
    const entry = entries.inside();
    if (entry?.identifier() === undefined) return false;
    const uri = contextTag(6, false);
    if (entry.has(uri) && entry.read(uri) === undefined) return false;
  }
  return entries !== undefined;
}
