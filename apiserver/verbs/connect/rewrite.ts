import { posix } from 'node:path';
import { parseUrl } from '../../../object/go-url.ts';

/**
 * URLs in the answers of something behind a proxy path: those that mean the backend itself are led
 * through the proxy again (k8s.io/apimachinery util/proxy/transport.go).
 */
export interface RewriteAs {
  /** Path of the proxy up to where the backend's own begins. */
  prefix: string;
  /** `host:port` of the backend, and the Host header that the client sent. */
  backendHost: string;
  clientHost: string;
}

/** Splits like Go's url.Parse as far as it matters here: scheme, host, path, and the rest. */
const urlParts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s;

export function rewriteUrl(target: string, as: RewriteAs): string {
  const parts = urlParts.exec(target);
  if (parts === null) return target;
  const [, scheme = '', host = '', path = '', rest = ''] = parts;
  const foreign = host !== '' && host !== as.backendHost && host !== as.clientHost;
  if (foreign || !path.startsWith('/') || urlFault(target) !== undefined) return target;
  // our own scheme and host are the client's to know: only a URL that names them keeps them
  const start =
    host !== '' && host === as.clientHost ? `${scheme === '' ? '' : `${scheme}:`}//${host}` : '';
  if (path.startsWith(as.prefix)) return `${start}${escaped(path)}${rest}`;
  const joined = posix.join(as.prefix, escaped(path));
  const whole = path.endsWith('/') && !joined.endsWith('/') ? `${joined}/` : joined;
  return `${start}${whole}${rest}`;
}

/** A path with what no URL may hold is written anew, byte by byte, as Go does; else it stays as it came. */
function escaped(path: string): string {
  if (!/[^!-~]|["<>\\^`{|}]/.test(path)) return path;
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return bytes.replace(
    /[^A-Za-z0-9\-_.~$&+,/:;=@]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Why Go's net/url does not read it. */
export function urlFault(text: string): string | undefined {
  try {
    parseUrl(text);
    return undefined;
  } catch (error) {
    return `parse ${JSON.stringify(text)}: ${(error as Error).message}`;
  }
}

/** Attributes that hold a URL, by element (HTML 4 index of attributes, and upstream's additions). */
const urlAttributes: Record<string, readonly string[]> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** A comment, the text of an element that holds no markup, or a start tag: name, attributes. */
const markup =
  /<!--[\s\S]*?(?:-->|$)|<(script|style|textarea|title|xmp)((?:\s(?:"[^"]*"|'[^']*'|[^>"'])*)?)>[\s\S]*?(?=<\/\1|$)|<([a-zA-Z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi;
const attribute = /([^\s"'<>/=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/g;

/** Only the values of URL attributes change; every other byte stays. `html` in any ASCII superset. */
export function rewriteHtml(html: string, as: RewriteAs): string {
  return html.replace(markup, (whole, rawName?: string, rawRest?: string, name?: string) => {
    const element = (name ?? rawName ?? '').toLowerCase();
    const attributes = urlAttributes[element];
    if (attributes === undefined) return whole;
    // of an element like script only the tag is markup
    const tagEnd = name === undefined ? 1 + element.length + (rawRest ?? '').length : whole.length;
    const tag = whole.slice(0, tagEnd).replace(attribute, (...found) => {
      const [text, key, equals, double, single, bare] = found as string[];
      if (!attributes.includes((key as string).toLowerCase())) return text as string;
      const value = unescapeHtml(double ?? single ?? bare ?? '');
      const next = rewriteUrl(value, as);
      return next === value ? (text as string) : `${key}${equals}"${escapeHtml(next)}"`;
    });
    return tag + whole.slice(tagEnd);
  });
}

const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
};

function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#34|#39);/g, (entity) => entities[entity] as string);
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;');
}
