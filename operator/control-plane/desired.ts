import type { KubeObject } from '../../object/object.ts';
import { desiredApiServer } from './desired/api-server.ts';
import { type CertificatePlan, planCertificates } from './desired/certificates.ts';
import { desiredControllers } from './desired/controllers.ts';
import { desiredEtcd } from './desired/etcd.ts';
import { desiredProtection } from './desired/protection.ts';
import type { Images, Picture } from './picture.ts';

/** What should exist. Pure: the same picture gives the same answer, byte for byte. */
export interface Desired {
  certificates: CertificatePlan;
  /** Objects that nothing runs from: Services, budgets, policies. */
  surroundings: KubeObject[];
  /** In the order in which a change goes through them: etcd, API servers, controllers. */
  workloads: KubeObject[];
}

const workloadKinds = new Set(['StatefulSet', 'Deployment']);

export function desire(picture: Picture, images: Images): Desired {
  const objects = [
    ...desiredEtcd(picture, images),
    ...desiredApiServer(picture, images),
    ...desiredControllers(picture, images),
    ...desiredProtection(picture),
  ];
  return {
    certificates: planCertificates(picture),
    surroundings: objects.filter((o) => !workloadKinds.has(o.kind)),
    workloads: objects.filter((o) => workloadKinds.has(o.kind)),
  };
}
