import { describe } from 'node:test';
import { refused } from '../refused.ts';
import { replicationController } from './replication-controller.ts';

describe('a ReplicationController', () => {
  const selector = { a: 'b' };
  const template = { spec: { containers: [{ name: 'a', image: 'x' }] } };
  refused(replicationController, 'without a template', { selector }, [
    'spec.template: Required value',
  ]);
  refused(replicationController, 'of pods without labels', { selector, template }, [
    'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
  ]);
  refused(
    replicationController,
    'of other pods',
    { selector, template: { ...template, metadata: { labels: { a: 'c' } } } },
    [
      'spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`',
    ],
  );
});
