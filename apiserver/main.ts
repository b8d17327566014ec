#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// The first process of a container gets no signal that it does not handle: until there is something
// to stop, and loading takes a moment, a signal simply ends this.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
enableCompileCache();
const { run } = await import('./run.ts');
await run(process.argv.slice(2));
