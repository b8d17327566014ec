import type { Logger } from '../log/log.ts';
import { followFiles } from '../pki/reload.ts';

/** What one flag or pair of flags reads from files, as it is now. */
export interface FollowedPart<T> {
  current(): T;
  close(): void;
}

/** Whoever waits for changes of any part. */
export interface PartEvents {
  log: Logger;
  /** Of the part that is no more as it was. */
  changed(name: string): void;
}

/**
 * Files that belong together, a certificate and its key, read anew when they change. Each part for itself:
 * one that is half written, does not fit or is gone stays as it was last, and holds up no other. Rejects
 * when they cannot be used at the start. Source: k8s.io/apiserver server/dynamiccertificates.
 */
export async function followPart<T>(
  name: string,
  files: Readonly<Record<string, string>>,
  read: (contents: Readonly<Record<string, string>>) => T,
  { log, changed }: PartEvents,
): Promise<FollowedPart<T>> {
  const texts = (contents: Readonly<Record<string, Buffer>>) =>
    Object.fromEntries(Object.entries(contents).map(([key, bytes]) => [key, bytes.toString()]));
  const followed = await followFiles({
    files,
    onChange(contents) {
      now = read(texts(contents));
      changed(name);
      log.info({ name, files }, 'read anew from files');
    },
    onError: (error) =>
      log.warn({ error, name, files }, 'files cannot be used, what was read last stays'),
  });
  let now: T;
  try {
    now = read(texts(followed.contents));
  } catch (error) {
    followed.close();
    throw error;
  }
  return { current: () => now, close: () => followed.close() };
}
