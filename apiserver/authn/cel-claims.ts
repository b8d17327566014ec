import { isKeyword } from '../../cel/value.ts';

/**
 * Claims and users as expressions see them: every number is a double, and a name that expressions cannot
 * write is found by its escaped form (`x__dot__y`), at any depth.
 * Source: plugin/pkg/authenticator/token/oidc, unescapeWrapper.
 */
export function celOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(celOf);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let plain = true;
  for (const [name, field] of Object.entries(value)) {
    out[name] = celOf(field);
    plain &&= /^[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/.test(name) && !isKeyword(name);
  }
  Object.setPrototypeOf(out, Object.prototype);
  return plain ? out : new Proxy(out, byEscapedName);
}

const byEscapedName: ProxyHandler<Record<string, unknown>> = {
  get: (target, name) => Reflect.get(target, meant(name)) as unknown,
  has: (target, name) => Reflect.has(target, meant(name)),
  getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, meant(name)),
};

const parts: Readonly<Record<string, string>> = {
  __underscores__: '__',
  __dot__: '.',
  __dash__: '-',
  __slash__: '/',
};

function meant(name: string | symbol): string | symbol {
  if (typeof name === 'symbol' || !name.includes('__')) return name;
  const keyword = /^__(.+)__$/.exec(name)?.[1];
  if (keyword !== undefined && isKeyword(keyword)) return keyword;
  return name.replace(/__(?:underscores|dot|dash|slash)__/g, (part) => parts[part] ?? part);
}
