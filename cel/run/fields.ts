import { isKeyword } from '../value.ts';
import { type Fields, isFields, isMap, lookup, Optional, typeName, Uint } from './values.ts';

/** Values whose fields expressions may name: those that are no map say which they have. */
export interface WithFields {
  celField(name: string): readonly [value: unknown] | undefined;
}

function isWithFields(value: unknown): value is WithFields {
  return typeof value === 'object' && value !== null && 'celField' in value;
}

const own = (holder: Fields, name: string): readonly [unknown] | undefined =>
  Object.hasOwn(holder, name) ? [holder[name]] : undefined;

function found(holder: unknown, name: string): readonly [unknown] | undefined {
  if (isFields(holder))
    return own(holder, name) ?? (isKeyword(name) ? own(holder, `__${name}__`) : undefined);
  if (isWithFields(holder)) return holder.celField(name);
  if (isMap(holder)) return lookup(holder, name);
  if (holder instanceof Optional) return holder.present ? found(holder.value(), name) : undefined;
  return undefined;
}

export function field(holder: unknown, name: string): unknown {
  if (holder instanceof Optional) return optional(found(holder, name));
  const value = found(holder, name);
  if (value === undefined) throw new Error(`no such key: ${name}`);
  return value[0];
}

export function present(holder: unknown, name: string): boolean {
  return found(holder, name) !== undefined;
}

function optional(value: readonly [unknown] | undefined): Optional {
  return value === undefined ? Optional.none : Optional.of(value[0]);
}

/** A position in a list: numbers that are whole count whatever their type. */
function position(key: unknown): number {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof Uint) return Number(key.value);
  if (typeof key === 'number' && Number.isInteger(key)) return key;
  if (typeof key === 'number') throw new Error(`unsupported index value ${key} in list`);
  throw new Error(`unsupported index type '${typeName(key)}' in list`);
}

function foundAt(holder: unknown, key: unknown): readonly [unknown] | undefined {
  if (Array.isArray(holder)) {
    const at = position(key);
    return at >= 0 && at < holder.length ? [holder[at]] : undefined;
  }
  if (typeof key === 'string') return found(holder, key);
  return isMap(holder) ? lookup(holder, key) : undefined;
}

export function indexed(holder: unknown, key: unknown): unknown {
  if (holder instanceof Optional) return presentIn(holder, key);
  const value = foundAt(holder, key);
  if (value !== undefined) return value[0];
  if (Array.isArray(holder)) throw new Error(`index out of bounds: ${position(key)}`);
  throw new Error(`no such key: ${key instanceof Uint ? key.value : String(key)}`);
}

export function presentIn(holder: unknown, key: unknown): Optional {
  if (!(holder instanceof Optional)) return optional(foundAt(holder, key));
  return holder.present ? optional(foundAt(holder.value(), key)) : Optional.none;
}
