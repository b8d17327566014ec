import { badRequest } from '../../object/status-error.ts';

/**
 * Continue tokens in upstream's form (apiserver storage/continue.go): base64url JSON of version,
 * revision and the key to start from, relative to the resource's prefix. `rv` -1 marks a token that
 * continues with the state of now.
 */
interface Token {
  v: string;
  rv: number;
  start: string;
}

export function encodeContinue(revision: number, lastKey: string, keyPrefix: string): string {
  const token: Token = {
    v: 'meta.k8s.io/v1',
    rv: revision === 0 ? -1 : revision,
    start: `${lastKey.slice(keyPrefix.length)}\0`,
  };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** `key` is absolute: list what comes after it. Revision 0: as of now. */
export function decodeContinue(text: string, keyPrefix: string): { revision: number; key: string } {
  let token: Partial<Token>;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<Token>;
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data or JSON');
  }
  if (token.v !== 'meta.k8s.io/v1') {
    throw badRequest('continue key is not valid: server does not recognize this encoded version');
  }
  const { rv, start } = token;
  if (typeof rv !== 'number' || !Number.isInteger(rv) || rv === 0) {
    throw badRequest(
      'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  if (typeof start !== 'string' || start === '' || start.includes('../') || start.startsWith('/')) {
    throw badRequest(
      'continue key is not valid: encoded start key empty or out of range (version meta.k8s.io/v1)',
    );
  }
  const key = start.endsWith('\0') ? start.slice(0, -1) : start;
  return { revision: rv < 0 ? 0 : rv, key: keyPrefix + key };
}
