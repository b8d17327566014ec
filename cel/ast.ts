import type { ASTNode } from '@marcbachmann/cel-js';
import { spend } from './budget.ts';

/** Walks over a parsed expression: where it loops, what it names. Part of the library's one owner. */

export type Node = ASTNode;

/** The node a macro stands for, where the parser has expanded one. */
interface Expanded {
  meta?: { alternate?: Node };
}

interface Comprehension {
  iterable: Node;
  init: Node;
  step: Step;
}

interface Step {
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** Direct children, as written (macros not expanded). */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  collect(node.args, found);
  return found;
}

function collect(value: unknown, found: Node[]): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (isNode(value)) found.push(value);
}

export function mentions(node: Node, variable: string): boolean {
  if (node.op === 'id') return node.args === variable;
  return children(node).some((child) => mentions(child, variable));
}

/** Makes every turn of every loop cost what its body holds, and what it makes. After the type check only. */
export function meterLoops(node: Node): number {
  const expanded = (node as Expanded).meta?.alternate;
  if (expanded !== undefined) return 1 + meterExpanded(expanded);
  let size = 1;
  for (const child of children(node)) size += meterLoops(child);
  return size;
}

function meterExpanded(node: Node): number {
  if ((node.op as string) !== 'comprehension') return meterLoops(node);
  const loop = node.args as unknown as Comprehension;
  const inner = loop.step;
  const size = 1 + (isNode(inner) ? meterLoops(inner) : 0);
  loop.step = {
    evaluate(evaluator, _node, context) {
      spend(size);
      const made = inner.evaluate(evaluator, inner, context);
      if (Array.isArray(made)) spend(weightOf(made.at(-1)));
      return made;
    },
  };
  return 1 + meterLoops(loop.iterable);
}

/** Copies of long texts and lists must not come free. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length >> 3;
  return Array.isArray(value) ? value.length : 0;
}

/** Sends calls of these functions to others, before the type check. */
export function renameCalls(node: Node, names: Readonly<Record<string, string>>): void {
  if (node.op === 'call' || node.op === 'rcall') {
    const [name] = node.args;
    const other = Object.hasOwn(names, name) ? names[name] : undefined;
    if (other !== undefined) (node.args as [string, ...unknown[]])[0] = other;
  }
  for (const child of children(node)) renameCalls(child, names);
}
