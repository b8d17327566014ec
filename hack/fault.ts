import { parseArgs } from 'node:util';
import { ask } from './local/control.ts';
import { parseFault } from './local/fault-words.ts';
import { runningSupervisor, stateFolder } from './local/state.ts';

/** Harms pods of a running local instance, to see what the rest makes of it. */
const usage = `hack/fault: harm pods of the local instance

  hack/fault kill POD                 SIGKILL to every container of the pod
  hack/fault partition POD OTHER...   nothing passes between the pod and the others, both ways
  hack/fault heal                     undo all partitions
  hack/fault wipe POD                 SIGKILL, and its volumes are emptied
  hack/fault processes                what runs, as JSON

  -n NAMESPACE    of the pods (default: default)
  --state DIR     the instance (default: .quorate in the checkout)
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', short: 'n', default: 'default' },
      state: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    process.stdout.write(usage);
    return;
  }
  const command = parseFault(positionals, values.namespace);
  const state = stateFolder(values.state);
  if (runningSupervisor(state) === undefined) {
    throw new Error(`no local instance runs in ${state.root}; hack/up starts one`);
  }
  const result = await ask(state, { type: 'command', command });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`hack/fault: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
