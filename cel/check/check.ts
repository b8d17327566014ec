import {
  type Declarations,
  type Overload,
  optionalSelection,
  type Resolved,
} from './declarations.ts';
import {
  type Call,
  type Expression,
  type Fold,
  type List,
  type MapLiteral,
  type Mistake,
  pathOf,
  type Selection,
  type StructLiteral,
  type Visitor,
  visit,
} from './expression.ts';
import {
  bool,
  type CelType,
  dyn,
  failed,
  isDyn,
  isDynOrFailed,
  isExactly,
  listOf,
  mapOf,
  none,
  optionalOf,
  shown,
  signature,
  unwrapped,
} from './cel-type.ts';
import { shownMax } from './report.ts';
import { Scopes } from './scopes.ts';
import { Unifier } from './unify.ts';

/**
 * Finds the type of an expression and of each of its parts, and all that does not fit
 * (cel-go checker/checker.go), in the order in which upstream does.
 */
export class Checker {
  readonly mistakes: Mistake[] = [];
  readonly calls = new Map<Expression, Resolved>();
  readonly #declared: Declarations;
  readonly #types = new Map<Expression, CelType>();
  readonly #settled = new Set<Expression>();
  readonly #inference: Visitor<CelType> = {
    literal: ({ type }) => type,
    identifier: ({ name, at }) => this.#variable(name) ?? this.#undeclared(at, name),
    select: (part) => this.#selection(part),
    call: (part) => this.#call(part),
    list: (part) => this.#list(part),
    map: (part) => this.#map(part),
    struct: (part) => this.#struct(part),
    fold: (part) => this.#fold(part),
  };
  readonly #scopes = new Scopes();
  readonly #known = new Unifier();

  constructor(declared: Declarations) {
    this.#declared = declared;
  }

  check(tree: Expression): CelType {
    return this.#known.of(this.#check(tree), dyn);
  }

  /** Of a part that has been checked; what is not known of it is dyn. */
  typeOf(part: Expression): CelType {
    return this.#known.of(this.#types.get(part) ?? failed, dyn);
  }

  #undeclared(at: number, name: string): CelType {
    return this.#failed(at, `undeclared reference to '${name}' (in container '')`);
  }

  #failed(at: number, why: string): CelType {
    this.mistakes.push({ at, why });
    return failed;
  }

  /** optMap names its target twice, and so do those within it: what is sound is looked at once. */
  #check(part: Expression): CelType {
    const known = this.#settled.has(part) ? this.#types.get(part) : undefined;
    if (known !== undefined) return known;
    const before = this.mistakes.length;
    const type = visit(part, this.#inference);
    this.#types.set(part, type);
    if (this.mistakes.length === before || before > shownMax) this.#settled.add(part);
    return type;
  }

  #variable(name: string): CelType | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    const local = plain === name ? this.#scopes.find(name) : undefined;
    return local ?? this.#declared.variable(plain);
  }

  #selection(part: Selection): CelType {
    const path = part.test ? undefined : pathOf(part);
    if (path !== undefined && this.#scopes.find(path.split('.')[0] ?? '') === undefined) {
      const whole = this.#declared.variable(path.replace(/^\./, ''));
      if (whole !== undefined) return whole;
    }
    const type = this.#field(part.at, part.operand, part.field, false);
    return part.test ? bool : this.#known.of(type);
  }

  #field(at: number, operand: Expression, field: string, optional: boolean): CelType {
    const [holder, wasOptional] = unwrapped(this.#known.of(this.#check(operand)));
    const type = this.#fieldOf(at, holder, field);
    return wasOptional || optional ? optionalOf(type) : type;
  }

  #fieldOf(at: number, holder: CelType, field: string): CelType {
    switch (holder.kind) {
      case 'map':
        return holder.parameters[1] as CelType;
      case 'struct':
        return this.#fieldType(at, holder, field) ?? failed;
      case 'parameter':
        this.#known.fits([dyn], [holder]);
        return dyn;
      default:
        if (!isDynOrFailed(holder)) {
          this.#failed(at, `type '${shown(holder)}' does not support field selection`);
        }
        return dyn;
    }
  }

  #fieldType(at: number, holder: CelType, field: string): CelType | undefined {
    if (holder.field === undefined && holder.kind === 'struct') {
      return this.#failed(at, `unexpected failed resolution of '${holder.name}'`);
    }
    const type = holder.field?.(field);
    if (type === undefined) this.#failed(at, `undefined field '${field}'`);
    return type;
  }

  #call(part: Call): CelType {
    const { at, name, target, args } = part;
    if (name === '_?._') return this.#optionalSelection(part);
    for (const arg of args) this.#check(arg);
    if (target === undefined) {
      const overloads = this.#declared.overloads(name.replace(/^\./, ''));
      if (overloads === undefined) return this.#undeclared(at, name);
      return this.#resolve(part, overloads, args);
    }
    const path = pathOf(target);
    const spaced = path === undefined ? undefined : this.#declared.overloads(`${path}.${name}`);
    if (spaced !== undefined) {
      return this.#resolve(part, spaced, args, false, `${path}.${name}`);
    }
    this.#check(target);
    const overloads = this.#declared.overloads(name);
    if (overloads === undefined) return this.#undeclared(at, name);
    return this.#resolve(part, overloads, [target, ...args], true);
  }

  #optionalSelection(part: Call): CelType {
    const {
      at,
      args: [operand, name],
    } = part;
    this.calls.set(part, optionalSelection);
    const field = name?.kind === 'literal' ? String(name.value) : '';
    return this.#known.of(this.#field(at, operand as Expression, field, true));
  }

  #resolve(
    part: Call,
    overloads: readonly Overload[],
    given: readonly Expression[],
    member = false,
    named = part.name,
  ): CelType {
    const name = named.replace(/^\./, '');
    if (name === '_&&_' || name === '_||_') {
      this.calls.set(part, { name, member, overloads });
      return this.#logic(given);
    }
    const fitting: Overload[] = [];
    this.calls.set(part, { name, member, overloads: fitting });
    const types = given.map((arg) => this.#types.get(arg) ?? failed);
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.member !== member) continue;
      const { takes, gives } = this.#known.fresh(overload);
      if (!this.#known.fits(types, takes)) continue;
      fitting.push(overload);
      const made = this.#known.of(gives);
      if (result === undefined) result = made;
      else if (!isDyn(result) && !isExactly(made, result)) result = dyn;
    }
    if (result !== undefined) return result;
    const words = signature(
      types.map((type) => this.#known.of(type, dyn)),
      member,
    );
    return this.#failed(part.at, `found no matching overload for '${name}' applied to '${words}'`);
  }

  #logic(given: readonly Expression[]): CelType {
    let fits = true;
    for (const arg of given) {
      if (this.#known.fits([this.#types.get(arg) ?? failed], [bool])) continue;
      this.#mismatch(arg.at, bool, this.#types.get(arg) ?? failed);
      fits = false;
    }
    return fits ? bool : failed;
  }

  #mismatch(at: number, expected: CelType, actual: CelType): void {
    this.#failed(at, `expected type '${shown(expected)}' but found '${shown(actual)}'`);
  }

  /** What is in the optional where one is asked for. */
  #value({ value, optional }: { value: Expression; optional: boolean }): CelType {
    const type = this.#check(value);
    if (!optional) return type;
    const [inner, isOptional] = unwrapped(type);
    if (!isOptional && !isDyn(inner)) this.#mismatch(value.at, optionalOf(inner), inner);
    return inner;
  }

  #list({ items }: List): CelType {
    let type: CelType | undefined;
    for (const item of items) type = this.#known.joined(type, this.#value(item));
    return listOf(type ?? this.#known.parameter());
  }

  #map({ entries }: MapLiteral): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of entries) {
      key = this.#known.joined(key, this.#check(entry.key));
      value = this.#known.joined(value, this.#value(entry));
    }
    return mapOf(key ?? this.#known.parameter(), value ?? this.#known.parameter());
  }

  #struct({ at, name, fields }: StructLiteral): CelType {
    const plain = name.replace(/^\./, '');
    const ident = this.#declared.variable(plain);
    if (ident === undefined) return this.#undeclared(at, name);
    const type = this.#structType(at, ident);
    for (const field of fields) {
      const given = this.#value(field);
      const wanted = this.#fieldType(field.at, type, field.name);
      if (this.#known.fits([wanted ?? failed], [given])) continue;
      const expected = wanted === none ? '' : shown(wanted ?? failed);
      this.#failed(
        field.at,
        `expected type of field '${field.name}' is '${expected}' but provided type is '${shown(given)}'`,
      );
    }
    return type;
  }

  #structType(at: number, ident: CelType): CelType {
    const [type] = ident.parameters;
    if (ident.kind !== 'type' || type === undefined) {
      return this.#failed(at, `'${shown(ident)}' is not a type`);
    }
    if (type.kind === 'struct') return type;
    return this.#failed(at, `'${type.name}' is not a message type`);
  }

  #fold(part: Fold): CelType {
    const { range, variable, second, accumulator, condition, step, result } = part;
    this.#check(range);
    const start = this.#check(part.start);
    const over = this.#known.of(this.#types.get(range) ?? failed);
    const elements = this.#known.elements(over, second !== undefined);
    if (elements === undefined) {
      const why = 'cannot be range of a comprehension (must be list, map, or dynamic)';
      this.#failed(range.at, `expression of type '${shown(over)}' ${why}`);
    }
    const [first, other] = elements ?? [failed, failed];
    const inner = new Map([[variable, first]]);
    if (second !== undefined) inner.set(second, other);
    const type = this.#scopes.within(new Map([[accumulator, start]]), () => {
      this.#scopes.within(inner, () => {
        this.#wanted(condition, bool);
        this.#wanted(step, start);
      });
      return this.#check(result);
    });
    return this.#known.of(type);
  }

  #wanted(part: Expression, wanted: CelType): void {
    const type = this.#check(part);
    if (!this.#known.fits([wanted], [type])) this.#mismatch(part.at, wanted, type);
  }
}
