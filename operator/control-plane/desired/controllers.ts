import type { KubeObject } from '../../../object/object.ts';
import { type Component, selectorOf } from '../names.ts';
import type { Images, Picture } from '../picture.ts';
import { child, childMetadata } from './metadata.ts';
import { flagList, nodeCommand, podTemplate, secretVolume } from './pod.ts';

/** The controller managers: one works, the others stand by. */

const component: Component = 'controller-manager';
const folder = '/etc/kubernetes/controller-manager';
const securePort = 10257;

function flags({ controlPlane }: Picture): (readonly [string, string])[] {
  const { controllers, network } = controlPlane.spec;
  return [
    ['kubeconfig', `${folder}/kubeconfig`],
    ['scheduler-kubeconfig', `${folder}/scheduler.kubeconfig`],
    ['use-service-account-credentials', 'true'],
    ['leader-elect', 'true'],
    ['leader-elect-lease-duration', controllers.leaseDuration],
    ['leader-elect-renew-deadline', controllers.renewDeadline],
    ['leader-elect-retry-period', controllers.retryPeriod],
    ['root-ca-file', `${folder}/ca.crt`],
    ['service-account-private-key-file', `${folder}/sa.key`],
    ['cluster-signing-cert-file', `${folder}/ca.crt`],
    ['cluster-signing-key-file', `${folder}/ca.key`],
    ['service-cluster-ip-range', network.serviceCIDR],
    ['cluster-cidr', network.podCIDR],
  ];
}

export function desiredControllers(picture: Picture, images: Images): KubeObject[] {
  const { controlPlane, names } = picture;
  const { controllers } = controlPlane.spec;
  const { secrets } = names;
  const template = podTemplate({
    names,
    component,
    settings: controllers.pod,
    terminationGracePeriodSeconds: 30,
    container: {
      image: controllers.image ?? images.quorate,
      workingDir: '/quorate',
      command: nodeCommand('dist/controllers.js'),
      args: flagList(flags(picture), controllers.extraArgs),
      ports: [{ name: 'https', containerPort: securePort, protocol: 'TCP' }],
      volumeMounts: [
        { name: 'credentials', mountPath: folder, readOnly: true },
        { name: 'tmp', mountPath: '/tmp' },
      ],
      readinessProbe: {
        httpGet: { path: '/healthz', port: 'https', scheme: 'HTTPS' },
        periodSeconds: 2,
        failureThreshold: 3,
        timeoutSeconds: 15,
      },
      livenessProbe: {
        httpGet: { path: '/healthz', port: 'https', scheme: 'HTTPS' },
        initialDelaySeconds: 10,
        periodSeconds: 10,
        failureThreshold: 8,
        timeoutSeconds: 15,
      },
    } as never,
    resources: controllers.resources,
    volumes: [
      secretVolume('credentials', [
        { secret: secrets.controllersKubeconfig, files: { kubeconfig: 'value' } },
        { secret: secrets.schedulerKubeconfig, files: { 'scheduler.kubeconfig': 'value' } },
        { secret: secrets.clusterAuthority, files: { 'ca.crt': 'tls.crt', 'ca.key': 'tls.key' } },
        { secret: secrets.serviceAccount, files: { 'sa.key': 'sa.key' } },
      ]),
      { name: 'tmp', emptyDir: {} },
    ],
  });
  return [
    child('deployment', childMetadata(controlPlane, names, names.controllers, component), {
      spec: {
        replicas: controllers.replicas,
        revisionHistoryLimit: 3,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        selector: { matchLabels: selectorOf(names, component) },
        template,
      },
    }),
  ];
}
