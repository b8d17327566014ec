/** The parameters of operations: where they stand, their type, and what they do in our words. */

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  type: 'string' | 'integer' | 'boolean';
  description: string;
}

type Row = readonly [name: string, type: Parameter['type'], description: string];

const query = (rows: readonly Row[]): Parameter[] =>
  rows.map(([name, type, description]) => ({ name, in: 'query', type, description }));

export const pretty: Parameter = {
  name: 'pretty',
  in: 'query',
  type: 'string',
  description:
    "With 'true' the output is indented. By default it is for browsers and command line tools such as curl and wget.",
};

export const namespaceParameter: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'object name and auth scope, such as for teams and projects',
};

export const nameParameter = (kind: string): Parameter => ({
  name: 'name',
  in: 'path',
  type: 'string',
  description: `name of the ${kind}`,
});

export const pathParameter: Parameter = {
  name: 'path',
  in: 'path',
  type: 'string',
  description: 'path to the resource',
};

const [dryRun, manager, applyManager, validation, force] = query([
  ['dryRun', 'string', 'All: every stage runs and nothing is stored. No other value is valid.'],
  [
    'fieldManager',
    'string',
    'Who makes the change, for managed fields: at most 128 printable characters.',
  ],
  [
    'fieldManager',
    'string',
    'Who makes the change, for managed fields: at most 128 printable characters. Required for apply requests (application/apply-patch), optional for other patches.',
  ],
  [
    'fieldValidation',
    'string',
    'What happens to unknown and duplicate fields of the body. Ignore drops them; Warn (the default) drops them and answers with a warning for each; Strict refuses the request and names them all.',
  ],
  [
    'force',
    'boolean',
    'Take over fields that others own instead of failing with a conflict. Only for apply requests.',
  ],
]) as [Parameter, Parameter, Parameter, Parameter, Parameter];

export const writeParameters: readonly Parameter[] = [dryRun, manager, validation];
export const patchParameters: readonly Parameter[] = [dryRun, applyManager, validation, force];

const [bookmarks, watch, ...selecting] = query([
  [
    'allowWatchBookmarks',
    'boolean',
    'Ask a watch for events of type BOOKMARK, which only tell the resourceVersion reached. When they come is up to the server.',
  ],
  [
    'watch',
    'boolean',
    'Answer with a stream of changes instead of a list. Say from which resourceVersion.',
  ],
  [
    'continue',
    'string',
    'The token of the last part of a list, to get the next part; all other parameters must be the same. When the token has expired the answer is 410 with a token that goes on from the latest state, without consistency.',
  ],
  ['fieldSelector', 'string', 'Only objects whose fields match. Default: all.'],
  ['labelSelector', 'string', 'Only objects whose labels match. Default: all.'],
  [
    'limit',
    'integer',
    'The most objects to answer with. When there are more, the list carries a token for `continue`; all parts together show one state of the list.',
  ],
  [
    'resourceVersion',
    'string',
    'How new the answer must be; see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions. Default: unset.',
  ],
  [
    'resourceVersionMatch',
    'string',
    'How resourceVersion is meant: Exact or NotOlderThan. Default: unset.',
  ],
  [
    'sendInitialEvents',
    'boolean',
    'With watch: begin with an ADDED event for every object there is, then a bookmark with the annotation k8s.io/initial-events-end, then changes. Needs resourceVersionMatch=NotOlderThan.',
  ],
  [
    'shardSelector',
    'string',
    'Only objects whose hash lies in the ranges named. Needs a feature that is off by default.',
  ],
  ['timeoutSeconds', 'integer', 'End the list or watch after so many seconds.'],
]) as [Parameter, Parameter, ...Parameter[]];

export const listParameters: readonly Parameter[] = [bookmarks, watch, ...selecting];

export const deleteParameters: readonly Parameter[] = [
  dryRun,
  ...query([
    [
      'gracePeriodSeconds',
      'integer',
      'Seconds until the object is deleted; 0 is at once. Default: what the kind or the object says.',
    ],
    [
      'ignoreStoreReadErrorWithClusterBreakingPotential',
      'boolean',
      'Delete an object that cannot be read from storage, without finalizers or preconditions. It may break the cluster. Needs its own permission.',
    ],
    [
      'orphanDependents',
      'boolean',
      'Deprecated, use propagationPolicy: true keeps dependents, false deletes them.',
    ],
    [
      'propagationPolicy',
      'string',
      'What becomes of dependents: Orphan keeps them, Background deletes them later, Foreground before the object.',
    ],
  ]),
];

export const deleteCollectionParameters: readonly Parameter[] = [...deleteParameters, ...selecting];

const streams: readonly Row[] = [
  ['container', 'string', 'The container; needed when the pod has more than one.'],
  ['stderr', 'boolean', 'Pass the standard error stream.'],
  ['stdin', 'boolean', 'Pass the standard input stream. Default: false.'],
  ['stdout', 'boolean', 'Pass the standard output stream.'],
  ['tty', 'boolean', 'Give the process a terminal. Default: false.'],
];

const proxyPath: readonly Row[] = [
  ['path', 'string', 'The path of the URL to ask the target for.'],
];

/** Query parameters of subresources that take an options kind. */
export const optionParameters: Record<string, readonly Parameter[]> = {
  PodAttachOptions: query(streams),
  PodExecOptions: query([
    ['command', 'string', 'The command and its arguments, one parameter each. No shell is used.'],
    ...streams,
  ]),
  PodPortForwardOptions: query([
    ['ports', 'integer', 'The ports to forward; needed with WebSockets.'],
  ]),
  PodProxyOptions: query(proxyPath),
  ServiceProxyOptions: query(proxyPath),
  NodeProxyOptions: query(proxyPath),
};

export const logParameters: readonly Parameter[] = [
  ...query([
    ['container', 'string', 'The container; needed when the pod has more than one.'],
    ['follow', 'boolean', 'Go on as the log grows. Default: false.'],
    [
      'insecureSkipTLSVerifyBackend',
      'boolean',
      'Do not verify the certificate of the node that is asked.',
    ],
    ['limitBytes', 'integer', 'Stop after so many bytes.'],
    ['previous', 'boolean', 'The log of the container before its last restart. Default: false.'],
    ['sinceSeconds', 'integer', 'Only lines of the last so many seconds.'],
    ['stream', 'string', 'All, Stdout or Stderr. Default: All.'],
    ['tailLines', 'integer', 'Only the last so many lines.'],
    ['timestamps', 'boolean', 'Begin each line with its time in RFC 3339. Default: false.'],
  ]),
];
