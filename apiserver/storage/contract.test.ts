import { storeContract } from './contract.ts';
import { EtcdStore } from './etcd.ts';
import { startEtcd } from './etcd-process.ts';
import { MemoryStore } from './memory.ts';

const log = { info() {}, warn() {} };

storeContract('memory', async () => ({ store: new MemoryStore(), stop: async () => {} }));

if (process.env['QUORATE_NO_ETCD'] !== '1') {
  storeContract('etcd', async () => {
    const etcd = await startEtcd();
    return { store: new EtcdStore({ endpoints: [etcd.endpoint], log }), stop: etcd.stop };
  });
}
