/**
 * Which folder may not import which: the one list, from which `.oxlintrc.json`'s overrides are
 * written (`hack/check --write-boundaries`) and checked: tidy fails when they differ. Imports point one way: object, schema, cel, pki <- storage, watch <- stages <- verbs <- routing,
 * custom, aggregation <- pipeline, server.
 */
export interface Boundary {
  files: string[];
  forbidden: string[];
  why: string;
}

const programs = ['apiserver', 'controllers', 'operator', 'hack', 'test'];
const assembly = ['routing', 'custom', 'aggregation'].map((folder) => `apiserver/${folder}`);
const stages = ['authn', 'authz', 'flowcontrol', 'audit'];

/** Impersonation is part of who asks, and is itself a question of what the first user may. */
const mayUse = (stage: string, other: string) => stage === 'authn' && other === 'authz';

const rows: [from: string[], forbidden: string[], why: string][] = [
  [['object'], [...programs, 'cel', 'pki', 'reconciler'], 'object and schema are the ground floor'],
  [['schema'], [...programs, 'cel', 'pki', 'reconciler'], 'schema stands on object alone'],
  [['cel'], [...programs, 'pki', 'reconciler'], 'cel stands on object and schema'],
  [
    ['metrics'],
    [...programs, 'object', 'schema', 'cel', 'pki', 'reconciler'],
    'metrics stands on nothing: every program has some',
  ],
  [
    ['http2', 'spdy'],
    [...programs, 'object', 'schema', 'cel', 'pki', 'reconciler'],
    'protocols stand on nothing',
  ],
  [
    ['code-cache'],
    [...programs, 'object', 'schema', 'cel', 'pki', 'reconciler'],
    'what loads the programs is no part of one',
  ],
  [['pki'], [...programs, 'schema', 'cel', 'reconciler'], 'pki stands on object alone'],
  [['reconciler'], programs, 'reconciler serves controllers and operator, and knows neither'],
  [['controllers'], ['apiserver', 'operator', 'hack', 'test'], 'controllers speak to an API only'],
  [
    ['operator'],
    ['apiserver', 'controllers', 'hack', 'test'],
    'the operator speaks to an API only',
  ],
  [['apiserver'], ['controllers', 'operator', 'hack', 'test'], 'the API server stands alone'],
  [
    ['apiserver/storage', 'apiserver/watch'],
    [...programs.slice(1), ...stages.map((s) => `apiserver/${s}`), ...assembly, 'apiserver/verbs'],
    'storage knows keys and bytes, nothing of requests',
  ],
  ...stages.map((stage): [string[], string[], string] => [
    [`apiserver/${stage}`],
    [
      ...programs.slice(1),
      ...stages.filter((s) => s !== stage && !mayUse(stage, s)).map((s) => `apiserver/${s}`),
      ...assembly,
      'apiserver/verbs',
    ],
    'no stage imports another',
  ]),
  [
    ['apiserver/verbs', 'apiserver/admission', 'apiserver/validation', 'apiserver/apis'],
    [...programs.slice(1), ...assembly],
    'verbs are below routing',
  ],
  [['hack'], ['apiserver', 'controllers', 'operator'], 'hack starts programs, it imports none'],
];

export const boundaries: Boundary[] = rows.map(([from, forbidden, why]) => ({
  files: from.map((folder) => `${folder}/**/*.ts`),
  forbidden,
  why,
}));

/** The overrides of `.oxlintrc.json` that say the same. */
export function lintOverrides(): unknown[] {
  return boundaries.map(({ files, forbidden, why }) => ({
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: forbidden.map((f) => `**/${lastTwo(f)}/**`), message: why }] },
      ],
    },
  }));
}

/** `apiserver/authz` is imported as `../authz/x.ts` from a neighbour: match the last part. */
function lastTwo(folder: string): string {
  return folder.startsWith('apiserver/') ? folder.slice('apiserver/'.length) : folder;
}
