import { after, before, test } from 'node:test';
import {
  ConversionServer,
  hostDefinition,
  hostVersion,
  webhookConversion,
} from '../../apiserver/custom/conversion-fixture.ts';
import { Terminal } from '../harness/terminal.ts';

/** kubectl with a resource of two versions that a webhook converts. */
let terminal: Terminal;
let webhook: ConversionServer;
before(async () => {
  [terminal, webhook] = await Promise.all([Terminal.open(), ConversionServer.start()]);
});
after(async () => {
  await terminal.close();
  webhook.stop();
});

const item = (version: string, spec: object) => ({
  apiVersion: `example.com/${version}`,
  kind: 'Hosts',
  metadata: { name: 'one' },
  spec,
});

test('one object in two versions', async () => {
  const definition = hostDefinition('hosts', webhookConversion(webhook.client));
  definition['spec'].names.singular = 'host';
  const down = { ...webhook.client, url: 'https://127.0.0.1:1/convert' };
  await terminal.play(
    `
    $ kubectl create -f definition.json
    customresourcedefinition.apiextensions.k8s.io/hosts.example.com created
    $ kubectl wait --for=condition=Established crd hosts.example.com
    customresourcedefinition.apiextensions.k8s.io/hosts.example.com condition met
    $ kubectl apply -f v1.json
    hosts.example.com/one created
    $ kubectl get hosts.v1.example.com one -o jsonpath='{.spec}'
    {"hostPort":"x:1"}
    $ kubectl get hosts
    NAME   WHERE
    one    x
    $ kubectl apply -f v2.json
    hosts.example.com/one configured
    $ kubectl get hosts.v1.example.com one -o jsonpath='{.spec}'
    {"hostPort":"y:2","replicas":1}
    $ kubectl apply --server-side --field-manager=me --force-conflicts -f v2more.json
    hosts.example.com/one serverside-applied
    $ kubectl scale hosts one --replicas=3
    hosts.example.com/one scaled
    $ kubectl get hosts --field-selector=spec.host=z -o custom-columns=AT:.spec.host,PORT:.spec.port,REPLICAS:.spec.replicas
    AT    PORT   REPLICAS
    z     2      3
    $ kubectl patch crd hosts.example.com --type=merge --patch-file=down.json
    customresourcedefinition.apiextensions.k8s.io/hosts.example.com patched
    $ kubectl get hosts one
    ! Error from server: conversion webhook for example.com/v1, Kind=Hosts failed: Post "https://127.0.0.1:1/convert?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused
    = 1
    $ kubectl get hosts.v1.example.com one
    NAME   WHERE
    one    z:2
    $ kubectl patch crd hosts.example.com --type=merge --patch-file=up.json
    customresourcedefinition.apiextensions.k8s.io/hosts.example.com patched
    $ kubectl get hosts one -o jsonpath='{.apiVersion} {.spec.host}'
    example.com/v2 z
    $ kubectl get crd hosts.example.com -o jsonpath='{.status.storedVersions}'
    ["v1","v2"]
    $ kubectl delete hosts one
    hosts.example.com "one" deleted from {ns} namespace
  `,
    {
      'definition.json': definition,
      'v1.json': item('v1', { hostPort: 'x:1' }),
      'v2.json': item('v2', { host: 'y', port: 2, replicas: 1 }),
      'v2more.json': item('v2', { host: 'z', port: 2 }),
      'down.json': { spec: { conversion: webhookConversion(down) } },
      'up.json': {
        spec: {
          conversion: webhookConversion(webhook.client),
          versions: [hostVersion('v1', false), hostVersion('v2', true)],
        },
      },
    },
  );
});
