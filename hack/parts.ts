import { Script } from 'node:vm';
import { type Import, type StaticImport, init, parse } from 'es-module-lexer';

/**
 * Modules as esbuild writes them when it bundles, made into what code-cache/parts.ts loads. Exports of a part are what
 * they are when it has run: nothing in this project assigns to what it exports (oxlint's import/no-mutable-exports).
 */

/** What programs are loaded with: it stays a module. */
export const loader = './parts.js';

const names = { meta: '$meta', part: '$part', late: '$late' };

/** The text of a script whose value is a function, which runs the part and returns its exports. */
export async function partOf(module: string, path: string): Promise<string> {
  await init();
  const { head, body } = replaced(module, path, () => true);
  const [text, exported] = withoutExports(body);
  const parameters = Object.values(names).join(',');
  const part = `(function(${parameters}){"use strict";${head}\n${text}\nreturn{${exported}}})`;
  // top-level await, or an import in a form that esbuild did not write until now
  new Script(part, { filename: path });
  return part;
}

/** A program: a module still, which Node starts or somebody imports, whose imports are parts. */
export async function programOf(module: string, path: string): Promise<string> {
  await init();
  const [, firstLine = '', rest = ''] = /^(#!.*\n)?([\s\S]*)$/.exec(module) ?? [];
  const { head, body } = replaced(rest, path, ({ specifier }) => specifier !== loader);
  const loading = `import{loadPart as ${names.part},loadLatePart as ${names.late}}from"${loader}";`;
  return `${firstLine}${loading}${head}${body}`;
}

/** `head` is in place of the imports at the top that `isPart` holds for. */
function replaced(
  module: string,
  path: string,
  isPart: (one: StaticImport) => boolean,
): { head: string; body: string } {
  const [imports] = parse(module, path);
  let head = '';
  let body = '';
  let end = 0;
  for (const one of imports) {
    if (one.type === 'static' && !isPart(one)) continue;
    body += module.slice(end, one.importStart);
    end = one.type === 'dynamic' ? one.importStart + 'import'.length : one.importEnd;
    if (one.type === 'static') {
      head += partImport(module.slice(one.importStart, one.importEnd), one, path);
      // its semicolon
      if (module[end] === ';') end += 1;
    } else body += one.type === 'dynamic' ? lateImport(one, path) : names.meta;
  }
  return { head, body: body + module.slice(end) };
}

function partImport(statement: string, { specifier }: StaticImport, path: string): string {
  if (!specifier.startsWith('./')) {
    throw new Error(`${path}: ${specifier} is imported when the program starts: import it late`);
  }
  const load = `${names.part}(${JSON.stringify(specifier)});`;
  if (/^import\s*"/.test(statement)) return load;
  const clause = /^import\s*\{([^}]*)\}\s*from\s*"/.exec(statement)?.[1];
  if (clause !== undefined) return `const{${clause.replaceAll(/\s+as\s+/g, ':')}}=${load}`;
  const fallback = /^import\s+([\w$]+)\s+from\s*"/.exec(statement)?.[1];
  if (fallback !== undefined) return `const{default:${fallback}}=${load}`;
  throw new Error(`${path}: not a form of import that is known: ${statement}`);
}

function lateImport(one: Import, path: string): string {
  if (one.specifier?.startsWith('./') === true) return names.late;
  throw new Error(`${path}: import() of what is not bundled: ${one.specifier ?? 'an expression'}`);
}

/** esbuild exports all at the end, in one statement. */
function withoutExports(module: string): [text: string, exported: string] {
  const found = /export\s*\{([^}]*)\};?\s*$/.exec(module);
  if (found === null) return [module, ''];
  const pairs = (found[1] ?? '').split(',').map((pair) => pair.trim().split(/\s+as\s+/));
  const exported = pairs.map(([local = '', name = local]) =>
    name === local ? name : `${name}:${local}`,
  );
  return [module.slice(0, found.index), exported.join(',')];
}
