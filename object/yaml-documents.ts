import type { Document, LineCounter } from 'yaml';

/** What the library's lexer keeps to itself. */
interface Lexer {
  indentNext: number;
  parseQuotedScalar: () => Generator<string, string | undefined>;
  parseFlowCollection: () => Generator<string, string | undefined>;
}

/**
 * The documents of a text. As libyaml, and against the specification, lines within quotes and
 * brackets may begin anywhere, so also left of what they are part of.
 */
export function yamlDocuments(
  { Composer, Parser }: typeof import('yaml'),
  text: string,
  lines: LineCounter,
): Document.Parsed[] {
  const parser = new Parser(lines.addNewLine);
  const { lexer } = parser as unknown as { lexer: Lexer };
  lexer.parseQuotedScalar = anywhere(lexer, lexer.parseQuotedScalar);
  lexer.parseFlowCollection = anywhere(lexer, lexer.parseFlowCollection);
  const composer = new Composer({
    version: '1.1',
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  return [...composer.compose(parser.parse(text))];
}

function anywhere(
  lexer: Lexer,
  part: () => Generator<string, string | undefined>,
): () => Generator<string, string | undefined> {
  return function* () {
    const { indentNext } = lexer;
    lexer.indentNext = 0;
    const next = yield* part.call(lexer);
    lexer.indentNext = indentNext;
    return next;
  };
}
