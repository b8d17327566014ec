/** Always for the tag `latest`, said or meant; a digest without a tag means no tag. */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}

const imagePattern =
  /^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?\/|\[[a-fA-F0-9:]+\](?::[0-9]+)?\/)?[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

/** Undefined for what is no image reference; upstream then pulls only if absent. */
function imageTag(image: string): string | undefined {
  const match = imagePattern.exec(image);
  if (match === null) return undefined;
  return match[1] ?? (match[2] === undefined ? 'latest' : undefined);
}
