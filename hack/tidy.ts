import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { boundaries, lintOverrides } from './boundaries.ts';

/**
 * The rules that no linter knows: names that say nothing, links that lead nowhere, maps that no
 * longer show the land. Each check returns complaints, `file: what`; none means tidy.
 */

const root = join(import.meta.dirname, '..');

const bannedNames = /^(utils?|helpers?|common|types?|shared|libs?|misc|index)(\.|$)/;
const textFile = /\.(ts|md|sh|json|ya?ml|tpl|txt)$/;

/** All files that git has or would add. */
export function trackedFiles(): string[] {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const list = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard'],
    options,
  );
  return list.split('\n').filter((name) => name !== '' && existsSync(join(root, name)));
}

export function checkNames(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const bad = file.split('/').filter((part) => bannedNames.test(part));
    const camel = file.endsWith('.ts') && /[A-Z_]/.test(basename(file)) ? [basename(file)] : [];
    return [
      ...bad.map((part) => `${file}: the name ${part} does not say what is inside`),
      ...camel.map((name) => `${file}: ${name} is not in kebab case`),
    ];
  });
}

export function checkWhitespace(file: string, text: string): string[] {
  const complaints: string[] = [];
  text.split('\n').forEach((line, i) => {
    if (/[ \t]$/.test(line)) complaints.push(`${file}:${i + 1}: trailing whitespace`);
  });
  if (text !== '' && !text.endsWith('\n')) complaints.push(`${file}: no newline at its end`);
  return complaints;
}

/** Relative links of a Markdown file; `exists` is asked for the path from the root. */
export function checkLinks(
  file: string,
  text: string,
  exists: (path: string) => boolean,
): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links
    .filter((link) => !/^([a-z]+:|#)/.test(link))
    .map((link) => link.replace(/#.*$/, ''))
    .filter((link) => !exists(join(dirname(file), link)))
    .map((link) => `${file}: the link ${link} leads nowhere`);
}

/** The stages named by pipeline.ts must stand in the README's request map, in the same order. */
export function checkRequestMap(pipeline: string, readme: string): string[] {
  const stages = [...pipeline.matchAll(/^\s+stages\.(\w+),$/gm)].map((match) => match[1] ?? '');
  const complaints: string[] = [];
  let from = Math.max(0, readme.search(/^#+ .*request/im));
  for (const stage of stages) {
    // flowControl is written `flow control`, `flowcontrol` or `flow-control`.
    const words = stage.replace(/[A-Z]/g, (c) => `[ -]?${c}`);
    const found = readme.slice(from).search(new RegExp(`\\b${words}`, 'i'));
    if (found === -1) complaints.push(`README.md: the request map lacks ${stage}, or has it early`);
    else from += found + 1;
  }
  return complaints;
}

function checkBoundaries(write: boolean): string[] {
  const path = join(root, '.oxlintrc.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  if (write) {
    // there may have been fewer or more boundaries when it was last written
    const others = config.overrides.filter(
      ({ rules }: { rules: object }) => Object.keys(rules).join() !== 'no-restricted-imports',
    );
    config.overrides = [...lintOverrides(), ...others];
    writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
  }
  return isDeepStrictEqual(config.overrides.slice(0, boundaries.length), lintOverrides())
    ? []
    : ['.oxlintrc.json: differs from hack/boundaries.ts; run hack/check --write-boundaries'];
}

/** Everything. `write` brings `.oxlintrc.json` in line with `boundaries.ts` first. */
export function tidy(write: boolean): string[] {
  const files = trackedFiles();
  const complaints = [...checkNames(files), ...checkBoundaries(write)];
  for (const file of files) {
    if (!textFile.test(file) || file === 'package-lock.json') continue;
    const text = readFileSync(join(root, file), 'utf8');
    if (!file.includes('testdata/')) complaints.push(...checkWhitespace(file, text));
    if (file.endsWith('.md')) {
      complaints.push(...checkLinks(file, text, (path) => existsSync(join(root, path))));
    }
  }
  const [pipeline, readme] = ['apiserver/pipeline.ts', 'README.md'].map((name) => join(root, name));
  if (pipeline !== undefined && readme !== undefined && existsSync(readme)) {
    complaints.push(
      ...checkRequestMap(readFileSync(pipeline, 'utf8'), readFileSync(readme, 'utf8')),
    );
  }
  return complaints;
}
