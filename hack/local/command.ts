import { spawn } from 'node:child_process';

/** What a command printed, when it succeeded. */
export interface CommandOptions {
  input?: string;
  timeoutMs?: number;
  /** In place of this process' own. */
  env?: Record<string, string>;
}

const outputMost = 1024 * 1024;

/** Runs a command to its end. Rejects, with its own words, unless it exits with 0. */
export function runCommand(
  file: string,
  args: readonly string[],
  { input = '', timeoutMs = 30_000, env }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: 'pipe',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(env === undefined ? {} : { env }),
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      if (output.length < outputMost) output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else {
        const line = [file, ...args].join(' ').slice(0, 200);
        reject(new Error(`${line}: ${output.trim() || `ended with ${signal ?? code}`}`));
      }
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
