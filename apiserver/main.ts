#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { keepCode, setV8Flags } from '../code-cache/parts.ts';

// The first process of a container gets no signal that it does not handle: until there is something
// to stop, and loading takes a moment, a signal simply ends this.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
enableCompileCache();
const { run } = await import('./run.ts');
// Flags are set once all is loaded: what was compiled before, Node's own modules too, is taken only under the same
// flags (60 of them, 40 ms of a start).
setV8Flags([
  // Collected when the heap has grown by 30%, not by up to four times: much of what dies old here holds
  // buffers outside the heap. With 3,000 pods 40 to 80 MB less; CPU differed by less than runs do.
  ['--heap-growing-percent=30', '--heap-growing-percent=0'],
  // A young generation of a few megabytes is collected by one thread: on a machine with other work several wait
  // for one another longer than that takes (a first create, GET and apply 5 to 10% less CPU); alone it is the same.
  ['--no-parallel-scavenge', '--parallel-scavenge'],
  // Maglev, V8's quick compiler, is enough: what TurboFan compiles anew in the first minutes costs more than
  // it saves, a tenth of what writes cost then, and 5 to 8 MB. Later both cost the same; long loops alone, such
  // as a selector over thousands of objects, take a tenth longer.
  ['--no-turbofan', '--turbofan'],
]);
await run(process.argv.slice(2));
keepCode();
