import { execve } from 'node:process';
import { runCommand } from '../command.ts';
import { setUpMachineNetwork } from '../network/links.ts';

/**
 * For tests that need a machine of their own: the process starts again as the first of fresh
 * namespaces, as an ordinary user too, and returns from here with the machine's network set up.
 * Everything in there ends with the test.
 */
export async function enterNamespaces(): Promise<void> {
  const { QUORATE_TEST_INSIDE, ...env } = process.env as Record<string, string>;
  if (QUORATE_TEST_INSIDE === undefined) {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child'];
    const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    const args = ['unshare', ...user, ...namespaces, '--mount-proc', ...self];
    execve?.('/usr/bin/unshare', args, { ...env, QUORATE_TEST_INSIDE: '1' });
  }
  await runCommand('mount', ['-t', 'tmpfs', 'quorate-run', '/run']);
  await runCommand('mkdir', ['-p', '/run/netns']);
  await setUpMachineNetwork(2);
}
