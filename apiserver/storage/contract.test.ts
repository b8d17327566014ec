import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from './contract.ts';
import { EtcdStore } from './etcd.ts';
import { startEtcd } from './etcd-process.ts';
import { MemoryStore } from './memory.ts';
import { SqliteStore } from './sqlite.ts';

const log = { info() {}, warn() {} };

storeContract('memory', async () => ({ store: new MemoryStore(), stop: async () => {} }));

storeContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-sqlite-'));
  return {
    store: new SqliteStore(join(folder, 'store.db')),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

if (process.env['QUORATE_NO_ETCD'] !== '1') {
  storeContract('etcd', async () => {
    const etcd = await startEtcd();
    return { store: new EtcdStore({ endpoints: [etcd.endpoint], log }), stop: etcd.stop };
  });
}
