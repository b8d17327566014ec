/** What several kinds are made of. */
export const namespace = 'operations';
export const time = '2024-01-01T00:00:00Z';
export const podTemplate = {
  metadata: { labels: { app: 'a' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
};
export const always = { ...podTemplate, spec: { containers: [{ name: 'c', image: 'i' }] } };
export const selector = { matchLabels: { app: 'a' } };
export const condition = {
  type: 'StatusPatched',
  status: 'True',
  reason: 'E2E',
  message: 'Set from e2e test',
  lastTransitionTime: time,
};
export const conditions = {
  patch: { conditions: [condition] },
  path: 'conditions.0.message',
  value: 'Set from e2e test',
};
