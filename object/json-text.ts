/**
 * JSON as Go's encoder writes it: `<`, `>`, `&`, U+2028 and U+2029 in text are escapes
 * (`encoding/json`, which upstream's serializer uses with HTML escaping on). Outside of strings JSON
 * has none of them, so the finished text is looked through.
 */
export function jsonText(value: unknown, indent?: number): string {
  return goEscaped(JSON.stringify(value, null, indent));
}

/** JSON text with what Go's encoder escapes besides. */
export function goEscaped(text: string): string {
  return hasUnsafe(text) ? text.replace(unsafe, escaped) : text;
}

const unsafe = /[<>&\u2028\u2029]/g;

/** Searches for single characters are several times as fast as the pattern. */
function hasUnsafe(text: string): boolean {
  return (
    text.includes('<') ||
    text.includes('>') ||
    text.includes('&') ||
    text.includes('\u2028') ||
    text.includes('\u2029')
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
