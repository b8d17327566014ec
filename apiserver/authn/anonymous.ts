import type { Authenticator } from './authenticator.ts';

const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Requests without credentials (`--anonymous-auth`); `paths`, from an AuthenticationConfiguration's
 * conditions, limits them to exactly these.
 */
export function makeAnonymous(options: { paths?: readonly string[] } = {}): Authenticator {
  const { paths } = options;
  return {
    name: 'anonymous',
    authenticate(context) {
      return paths === undefined || paths.includes(context.info.path) ? anonymous : undefined;
    },
  };
}
