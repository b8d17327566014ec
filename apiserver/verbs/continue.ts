import { posix } from 'node:path';
import { badRequest, type StatusError } from '../../object/status-error.ts';
import { goValueName } from '../../schema/go-type.ts';
import { jsonSyntaxError } from '../../schema/json-syntax.ts';

/**
 * Continue tokens in upstream's form (apiserver storage/continue.go): base64url JSON of version,
 * revision and the key to start from, relative to what is listed (with a slash before it, as its cache
 * writes them; its store leaves it out). `rv` -1 marks a token that continues with the state of now. A
 * token of one server is good for any other.
 */
interface Token {
  v: string;
  rv: number;
  start: string;
}

/** To go on from a key. `keyPrefix`: of the keys that are listed, those of one namespace when only they are. */
export function encodeContinue(revision: number, startKey: string, keyPrefix: string): string {
  const token: Token = {
    v: 'meta.k8s.io/v1',
    rv: revision === 0 ? -1 : revision,
    start: `/${startKey.slice(keyPrefix.length)}`,
  };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** `key` is absolute: the list goes on with it, or with what comes behind it. Revision 0: as of now. */
export function decodeContinue(text: string, keyPrefix: string): { revision: number; key: string } {
  const { v, rv, start } = parsed(text);
  if (v !== 'meta.k8s.io/v1') {
    throw invalidKey(`server does not recognize this encoded version ${v ?? ''}`);
  }
  if (rv === undefined || rv === 0) {
    throw invalidKey('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  if (start === undefined || start === '') {
    throw invalidKey('encoded start key empty (version meta.k8s.io/v1)');
  }
  // nobody may climb out of what is listed
  const absolute = start.startsWith('/') ? start : `/${start}`;
  const clean = posix.normalize(absolute);
  if (clean !== absolute || (clean.length > 1 && clean.endsWith('/'))) throw invalidKey(start);
  return { revision: rv < 0 ? 0 : rv, key: keyPrefix + clean.slice(1) };
}

function parsed(text: string): Partial<Token> {
  const bad = text.search(/[^A-Za-z0-9_-]/);
  const broken = bad >= 0 ? bad : text.length % 4 === 1 ? text.length - 1 : -1;
  if (broken >= 0) throw invalidKey(`illegal base64 data at input byte ${broken}`);
  const json = Buffer.from(text, 'base64url');
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    throw invalidKey(jsonSyntaxError(json) ?? 'no JSON');
  }
  return tokenOf(value);
}

const tokenTypes = { v: 'string', rv: 'int64', start: 'string' };

/** By Go's rules: names in any case, null is nothing, other types are refused. */
function tokenOf(value: unknown): Partial<Token> {
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw unmarshalError(goValueName(value), 'value of type storage.continueToken');
  }
  const token: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value ?? {})) {
    const name = key.toLowerCase();
    if (part === null || !Object.hasOwn(tokenTypes, name)) continue;
    const type = tokenTypes[name as keyof Token];
    if (type === 'string' ? typeof part !== 'string' : !Number.isSafeInteger(part)) {
      const shown = type === 'int64' && typeof part === 'number' ? `number ${part}` : undefined;
      throw unmarshalError(
        shown ?? goValueName(part),
        `struct field continueToken.${name} of type ${type}`,
      );
    }
    token[name] = part;
  }
  return token;
}

function unmarshalError(value: string, type: string): StatusError {
  return invalidKey(`json: cannot unmarshal ${value} into Go ${type}`);
}

function invalidKey(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
