import { say, startMember } from './member.ts';

/** The program of an etcd pod. */
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
startMember().catch((error: Error) => {
  say(error.message, {});
  process.exit(1);
});
