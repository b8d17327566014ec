import { alternativeNamesProblem } from './alternative-names-problem.ts';
import { shapeProblem } from './asn1-shape.ts';
import { type DerValue, dotted, readFirst, tags } from './der.ts';
import { attributeShape, extensionsShape } from './request-shape.ts';
import { ids } from './x509-extension.ts';

const extensionRequest = '1.2.840.113549.1.9.14';

/**
 * What is wrong with the extensions that a request asks for, in Go's words (parseCSRExtensions);
 * attributes that cannot be read are not looked at.
 */
export function requestedExtensionsProblem(attributes: DerValue): string | undefined {
  const seen = new Set<string>();
  const names: Buffer[] = [];
  for (const attribute of all(attributes)) {
    if (shapeProblem(attribute.whole, attributeShape) !== undefined) continue;
    const [type, values] = all(attribute);
    const [asked] = values === undefined ? [] : all(values);
    if (asked === undefined || dotted(type) !== extensionRequest) continue;
    const problem = shapeProblem(asked.whole, extensionsShape);
    if (problem !== undefined) return problem;
    for (const [id, ...rest] of all(asked).map(all)) {
      const name = dotted(id);
      if (seen.has(name)) {
        return 'x509: certificate request contains duplicate requested extensions';
      }
      seen.add(name);
      const value = rest.find(({ tag }) => tag === tags.octetString);
      if (name === ids.subjectAlternativeName && value !== undefined) names.push(value.content);
    }
  }
  for (const value of names) {
    const problem = alternativeNamesProblem(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function all({ content }: DerValue): DerValue[] {
  return readFirst(content, Infinity);
}
