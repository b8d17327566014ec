import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { tokenHash } from './token-hash.ts';

/**
 * `--token-auth-file`: CSV lines `token,user,uid[,"group1,group2"]`. Throws on a broken file; a line
 * that is only wrong in content is skipped and reported. Source: authentication/token/tokenfile.
 */
export function parseTokenFile(
  text: string,
  name: string,
  onSkipped: (line: number, why: string) => void = () => {},
): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  let number = 0;
  for (const line of text.split(/\r?\n/)) {
    number++;
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fields = parseLine(line);
    if (fields === undefined)
      throw new Error(`parse error on line ${number} of ${name}: bad quoting`);
    const [token = '', user = '', uid = '', groups = ''] = fields;
    if (fields.length < 3) {
      throw new Error(
        `token file '${name}' must have at least 3 columns (token, user name, user uid), found ${fields.length}`,
      );
    }
    if (token === '') {
      onSkipped(number, 'empty token');
      continue;
    }
    const key = tokenHash(token);
    if (users.has(key)) onSkipped(number, 'duplicate token, the last one counts');
    users.set(key, { name: user, uid, groups: groups === '' ? [] : groups.split(',') });
  }
  return users;
}

/** RFC 4180 with leading white space allowed; undefined when a quote is not closed. */
function parseLine(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const match = /^\s*(?:"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/.exec(rest);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? '').trimStart());
    if (match[3] === '') return fields;
    rest = rest.slice(match[0].length);
  }
}

export function makeStaticToken(options: {
  users: ReadonlyMap<string, UserInfo>;
}): TokenAuthenticator {
  return {
    name: 'static-token',
    authenticateToken(token, _asked, hash = tokenHash(token)) {
      const user = options.users.get(hash);
      return user === undefined ? undefined : { user, audiences: [] };
    },
  };
}
