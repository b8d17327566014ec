import type { Logger } from '../log/log.ts';
import { StatusError } from '../object/status-error.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import { keepDanglingConditions } from './flowcontrol/dangling.ts';
import { applyStatus } from './verbs/own-status.ts';
import type { Services } from './verbs/services.ts';
import type { Listers } from './watch/view.ts';

const group = 'flowcontrol.apiserver.k8s.io';
/** Who upstream says applies the condition (ConfigConsumerAsFieldManager). */
const manager = 'api-priority-and-fairness-config-consumer-v1';

/** Whoever shares the seats by FlowSchemas says of each whether its level is there. */
export function makeFlowSchemaStatus(parts: {
  services: Services;
  resources: ResourceTable;
  listers: Listers;
  log: Logger;
}): { start(): void; stop(): void } {
  const { services, resources, listers, log } = parts;
  const flowSchemas = listers.lister(group, 'flowschemas');
  const priorityLevels = listers.lister(group, 'prioritylevelconfigurations');
  let stop = (): void => {};
  return {
    start() {
      stop = keepDanglingConditions({
        flowSchemas,
        priorityLevels,
        async revise(name, change) {
          const resource = resources.findAnyVersion(group, 'flowschemas');
          if (resource === undefined) return;
          await applyStatus(services, resource, { name, manager }, (schema) => {
            const condition = change(schema);
            return condition === undefined ? undefined : { conditions: [condition] };
          });
        },
        onError(error) {
          // gone in the meantime
          if (error instanceof StatusError && error.code === 404) return;
          log.warn({ error }, 'the status of a FlowSchema could not be written');
        },
      });
    },
    stop: () => stop(),
  };
}
