/** Types that are made once, at the start (pkg/kubeapiserver/authorizer/reload.go). */
const madeOnce = ['Node', 'ABAC', 'RBAC'];

/** Messages for what the names and types of a configuration have wrong. */
export function typeProblems(
  authorizers: readonly { type?: string; name?: string }[],
  atStart: ReadonlySet<string> | undefined,
): string[] {
  const others = authorizers.filter(({ type }) => type !== 'Webhook');
  const problems = others
    .filter(({ type = '', name }) => name !== type.toLowerCase())
    .map(
      ({ type = '', name }) =>
        `expected name ${type.toLowerCase()} for authorizer ${type} instead of ${name}`,
    );
  if (atStart === undefined) return problems;
  const types = others.map(({ type = '' }) => type);
  const missing = [...atStart].filter((type) => !types.includes(type)).toSorted();
  if (missing.length > 0) problems.push(`missing required types: [${missing.join(' ')}]`);
  const late = types.find((type) => madeOnce.includes(type) && !atStart.has(type));
  if (problems.length > 0 || late === undefined) return problems;
  return [`authorizer type ${late} is not allowed if it was not enabled at initial server startup`];
}

/** What a configuration that was read has of types beside webhooks. */
export function typesOf(list: readonly { type: string }[]): ReadonlySet<string> {
  return new Set(list.map(({ type }) => type).filter((type) => type !== 'Webhook'));
}
