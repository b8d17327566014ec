/**
 * A terminal session as text: commands, and below each what it must print.
 *
 *     $ kubectl get configmap none
 *     ! Error from server (NotFound): configmaps "none" not found
 *     = 1
 *
 * `! ` begins a line on stderr, `= N` is the exit code when it is not 0. In what is expected `{*}`
 * stands for any text within a line, `{age}` for an age as tables show it, and a line that is
 * `...` (`! ...` on stderr) for any number of lines. Of spaces between columns only the fact counts. A backslash at the
 * end of a command continues it; `< FILE` at its end is its stdin.
 */
export interface Step {
  /** The words of the command; the first is the program. */
  words: string[];
  /** The file that is its stdin. */
  stdin?: string;
  stdout: string[];
  stderr: string[];
  code: number;
}

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number;
}

export function parseTranscript(text: string): Step[] {
  const steps: Step[] = [];
  const lines = dedent(text);
  for (let i = 0; i < lines.length; i += 1) {
    let line = lines[i] ?? '';
    if (line.startsWith('$ ')) {
      while (line.endsWith('\\')) line = `${line.slice(0, -1)}${lines[++i] ?? ''}`;
      steps.push(parseCommand(line.slice(2)));
      continue;
    }
    const step = steps.at(-1);
    if (step === undefined) throw new Error(`a transcript begins with a command, not ${line}`);
    if (line.startsWith('! ')) step.stderr.push(line.slice(2));
    else if (/^= \d+$/.test(line)) step.code = Number(line.slice(2));
    else step.stdout.push(line);
  }
  return steps;
}

/** What differs, for a person; nothing when it went as written. */
export function compare(step: Step, outcome: Outcome): string[] {
  const same =
    outcome.code === step.code &&
    matches(step.stdout, outcome.stdout) &&
    matches(step.stderr, outcome.stderr);
  if (same) return [];
  const expected = [...step.stdout, ...step.stderr.map((l) => `! ${l}`), `= ${step.code}`];
  const errors = outcome.stderr.split('\n').filter((l) => l !== '');
  const told = [outcome.stdout.trimEnd(), ...errors.map((l) => `! ${l}`), `= ${outcome.code}`];
  return [`$ ${step.words.join(' ')}`, ...told, '--- expected:', ...expected, ''];
}

function matches(expected: readonly string[], text: string): boolean {
  const wanted = trimBlank(expected.map(columns));
  const lines = trimBlank(text.split('\n').map(columns));
  const source = wanted.map((line) => (line === '...' ? '(?:.*\\n)*?' : `${pattern(line)}\\n`));
  return new RegExp(`^${source.join('')}$`).test(lines.map((line) => `${line}\n`).join(''));
}

function pattern(line: string): string {
  return line
    .split(/(\{\*\}|\{age\})/)
    .map((part) => {
      if (part === '{*}') return '.*?';
      return part === '{age}'
        ? '(?:\\d+[a-z0-9]*|<invalid>)'
        : part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    })
    .join('');
}

function columns(line: string): string {
  return line.trimEnd().replaceAll(/(\S)(?: *\t[ \t]*| {2,})/g, '$1  ');
}

function trimBlank(lines: readonly string[]): string[] {
  const first = lines.findIndex((l) => l !== '');
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((l) => l !== '') + 1);
}

function dedent(text: string): string[] {
  const lines = trimBlank(text.split('\n').map((line) => line.trimEnd()));
  const indent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
  return lines.map((line) => line.slice(indent));
}

/** As a shell splits it: single and double quotes, no expansion. */
function parseCommand(line: string): Step {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_all, single, double) => single ?? double),
  );
  const redirect = words.at(-2) === '<' ? words.splice(-2) : [];
  const [, stdin] = redirect;
  return { words, ...(stdin === undefined ? {} : { stdin }), stdout: [], stderr: [], code: 0 };
}
