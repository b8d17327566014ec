import type { Environment } from '@marcbachmann/cel-js';
import { spend } from './budget.ts';

/**
 * Loops over key and value (cel-go's two-variable comprehensions): all, exists, existsOne,
 * transformList, transformMap, transformMapEntry. Written against the package's macro interface,
 * which it does not type.
 */
interface Evaluator {
  run(node: unknown, context: Context): unknown;
}

interface Checker {
  check(node: unknown, context: Context): { kind: string };
  getType(name: string): unknown;
}

interface Context {
  forkWithVariable(name: string, type: unknown): Context;
  reuse(parent: Context): Context;
  setIterValue(value: unknown, evaluator: Evaluator): Context;
}

interface MacroNode {
  op: string;
  args: unknown;
}

interface Macro {
  receiver: MacroNode;
  body: readonly MacroNode[];
  names: readonly [string, string];
  outer?: Context;
  inner?: Context;
}

type Visit = (key: unknown, value: unknown, run: (index: number) => unknown) => boolean;

/** Turns of a loop cost this much beside what their body makes. */
const turnCost = 8;

export function registerTwoVariableLoops(environment: Environment): void {
  const quantifier = (name: string, make: () => { visit: Visit; result(): unknown }): void =>
    register(environment, `list.${name}(ast, ast, ast): bool`, 'bool', make);
  quantifier('all', () => {
    let result = true;
    return {
      visit: (_k, _v, run) => (result = run(0) === true),
      result: () => result,
    };
  });
  quantifier('exists', () => {
    let result = false;
    return {
      visit: (_k, _v, run) => !(result = run(0) === true),
      result: () => result,
    };
  });
  quantifier('existsOne', () => {
    let count = 0;
    return {
      visit: (_k, _v, run) => (run(0) === true ? ++count : count) < 2,
      result: () => count === 1,
    };
  });
  for (const [arity, filtered] of [
    ['ast, ast, ast', false],
    ['ast, ast, ast, ast', true],
  ] as const) {
    const passes = (run: (index: number) => unknown): boolean => !filtered || run(0) === true;
    const body = filtered ? 1 : 0;
    register(environment, `list.transformList(${arity}): list<dyn>`, 'list<dyn>', () => {
      const out: unknown[] = [];
      return {
        visit(_k, _v, run) {
          if (passes(run)) out.push(run(body));
          return true;
        },
        result: () => out,
      };
    });
    register(environment, `list.transformMap(${arity}): map`, 'map', () => {
      const out: [string, unknown][] = [];
      return {
        visit(key, _v, run) {
          if (passes(run)) out.push([String(key), run(body)]);
          return true;
        },
        result: () => Object.fromEntries(out),
      };
    });
    register(environment, `list.transformMapEntry(${arity}): map`, 'map', () => {
      const out: [string, unknown][] = [];
      return {
        visit(_k, _v, run) {
          if (passes(run)) out.push(...Object.entries(run(body) as object));
          return true;
        },
        result: () => Object.fromEntries(out),
      };
    });
  }
}

function register(
  environment: Environment,
  signature: string,
  type: string,
  make: () => { visit: Visit; result(): unknown },
): void {
  const handler = (call: { args: MacroNode[]; receiver: MacroNode }): object => {
    const [first, second, ...body] = call.args;
    if (first?.op !== 'id' || second?.op !== 'id') {
      throw new Error('argument must be a simple name');
    }
    const macro: Macro = {
      receiver: call.receiver,
      body,
      names: [first.args as string, second.args as string],
    };
    return {
      async: false,
      typeCheck: (checker: Checker, _macro: unknown, context: Context) => {
        checker.check(macro.receiver, context);
        const dyn = checker.getType('dyn');
        macro.outer = context.forkWithVariable(macro.names[0], dyn);
        macro.inner = macro.outer.forkWithVariable(macro.names[1], dyn);
        for (const node of macro.body) checker.check(node, macro.inner);
        return checker.getType(type);
      },
      evaluate: (evaluator: Evaluator, _macro: unknown, context: Context) => {
        const turn = make();
        for (const [key, value] of entriesOf(evaluator.run(macro.receiver, context))) {
          spend(turnCost);
          const outer = (macro.outer as Context).reuse(context).setIterValue(key, evaluator);
          const inner = (macro.inner as Context).reuse(outer).setIterValue(value, evaluator);
          if (!turn.visit(key, value, (i) => evaluator.run(macro.body[i], inner))) break;
        }
        return turn.result();
      },
    };
  };
  environment.registerFunction(signature, handler as never);
}

function entriesOf(collection: unknown): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(collection)) return collection.map((value, i) => [BigInt(i), value] as const);
  if (typeof collection === 'object' && collection !== null) return Object.entries(collection);
  throw new Error('expression cannot be range of a comprehension (must be list, map, or dynamic)');
}
