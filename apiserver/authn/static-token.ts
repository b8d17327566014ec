import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { parseCsv } from '../../object/csv.ts';
import { tokenHash } from './token-hash.ts';

/**
 * `--token-auth-file`: CSV of `token,user,uid[,"group1,group2"]`. Throws on a broken file; a record that
 * is only wrong in content is skipped and reported. Source: authentication/token/tokenfile.
 */
export function parseTokenFile(
  text: string,
  name: string,
  onSkipped: (record: number, why: string) => void = () => {},
): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const [i, fields] of parseCsv(text).entries()) {
    const [token = '', user = '', uid = '', groups] = fields;
    if (fields.length < 3) {
      throw new Error(
        `token file '${name}' must have at least 3 columns (token, user name, user uid), found ${fields.length}`,
      );
    }
    if (token === '') {
      onSkipped(i + 1, 'empty token');
      continue;
    }
    const key = tokenHash(token);
    if (users.has(key)) onSkipped(i + 1, 'duplicate token, the last one counts');
    users.set(key, { name: user, uid, groups: groups?.split(',') ?? [] });
  }
  return users;
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
