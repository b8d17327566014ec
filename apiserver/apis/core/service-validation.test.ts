import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { service } from './service.ts';
import { validateServiceStatus, validateServiceUpdate } from './service-update.ts';
import { validateService } from './service-validation.ts';
import { serviceWarnings } from './service-warnings.ts';

/** As it is once its address is allocated. */
function made(spec: Plain = {}, annotations?: Record<string, string>): KubeObject {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', ...(annotations ? { annotations } : {}) },
    spec: {
      ports: [{ port: 80 }],
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ...spec,
    },
  };
  service.default?.(object);
  return object;
}

function texts(causes: StatusCause[]): string[] {
  return causes.map((cause) => `${cause.field}: ${cause.message}`);
}

describe('a Service is validated', () => {
  const table: [string, Plain, string[]][] = [
    ['a plain one', {}, []],
    ['without ports', { ports: [] }, ['spec.ports: Required value']],
    [
      'ports',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'a', nodePort: 30000, appProtocol: 'a b' },
          { port: 0, protocol: 'ICMP', targetPort: 'UPPER' },
        ],
      },
      [
        'spec.ports[1].name: Duplicate value: "a"',
        "spec.ports[1].appProtocol: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        'spec.ports[2].name: Required value',
        'spec.ports[2].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[2].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
        'spec.ports[2].targetPort: Invalid value: "UPPER": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.ports[2].targetPort: Invalid value: "UPPER": must contain at least one letter (a-z)',
        "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'affinity without a time',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'external addresses are ordinary ones',
      { externalIPs: ['1.2.3', '127.0.0.1', '0.0.0.0', '169.254.1.1', '224.0.0.1'] },
      [
        'spec.externalIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.externalIPs[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[2]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
        'spec.externalIPs[3]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
        'spec.externalIPs[4]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
      ],
    ],
    [
      'what only load balancers have',
      { loadBalancerSourceRanges: ['x'], allocateLoadBalancerNodePorts: true },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
    ],
    [
      'a name and addresses',
      { type: 'ExternalName' },
      [
        'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
        'spec.externalName: Required value',
      ],
    ],
    [
      'addresses that contradict each other',
      { clusterIPs: ['10.0.0.2', '10.0.0.1'], ipFamilies: ['IPv4', 'IPv4'] },
      [
        'spec.clusterIPs: Invalid value: ["10.0.0.2","10.0.0.1"]: first value must match `clusterIP`',
        'spec.ipFamilies[1]: Duplicate value: "IPv4"',
        'spec.clusterIPs: Invalid value: ["10.0.0.2","10.0.0.1"]: may specify no more than one IP for each IP family',
      ],
    ],
  ];
  for (const [name, spec, expected] of table) {
    test(name, () => assert.deepEqual(texts(validateService(made(spec))), expected));
  }

  test('annotations of old', () => {
    const old = made(
      {},
      {
        'service.kubernetes.io/topology-aware-hints': 'Auto',
        'service.kubernetes.io/topology-mode': 'Disabled',
        'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8, x',
      },
    );
    assert.deepEqual(texts(validateService(old)), [
      'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Disabled": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
      "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ]);
  });
});

describe('a Service changes', () => {
  const table: [string, Plain, Plain, string[]][] = [
    ['its ports', {}, { ports: [{ port: 81 }] }, []],
    [
      'not its address',
      {},
      { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] },
      ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
    ],
    [
      'not its family',
      {},
      { clusterIP: 'fd00::1', clusterIPs: ['fd00::1'], ipFamilies: ['IPv6'] },
      [
        'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: may not change once set',
        'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
      ],
    ],
    [
      'from two addresses to one, when it says so',
      {
        clusterIPs: ['10.0.0.1', 'fd00::1'],
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'PreferDualStack',
      },
      { ipFamilyPolicy: 'PreferDualStack' },
      [
        'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary clusterIP',
        'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary ipFamily',
      ],
    ],
    [
      'not its class',
      { type: 'LoadBalancer', loadBalancerClass: 'a.b/c' },
      { type: 'LoadBalancer', loadBalancerClass: 'a.b/d' },
      ['spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set'],
    ],
    [
      'with addresses that today would be refused, but not with more of them',
      {
        type: 'LoadBalancer',
        clusterIP: '010.0.0.1',
        clusterIPs: ['010.0.0.1'],
        externalIPs: ['001.2.3.4'],
        loadBalancerSourceRanges: ['10.1.2.3/8'],
      },
      {
        type: 'LoadBalancer',
        clusterIP: '010.0.0.1',
        clusterIPs: ['010.0.0.1'],
        externalIPs: ['001.2.3.5', '001.2.3.4'],
        loadBalancerSourceRanges: [
          ' 10.1.2.3/8',
          '10.1.2.4/8',
          '10.0.0.0/08',
          '::ffff:10.0.0.0/104',
        ],
      },
      [
        'spec.externalIPs[0]: Invalid value: "001.2.3.5": must not have leading 0s',
        'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.1.2.4/8": must not have bits set beyond the prefix length',
        'spec.LoadBalancerSourceRanges[2]: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length',
        'spec.LoadBalancerSourceRanges[3]: Invalid value: "::ffff:10.0.0.0/104": must not have an IPv4-mapped IPv6 address',
      ],
    ],
    [
      'the families of a headless one',
      { clusterIP: 'None', clusterIPs: ['None'], selector: { a: 'b' } },
      { clusterIP: 'None', clusterIPs: ['None'], selector: { a: 'b' }, ipFamilies: ['IPv6'] },
      [],
    ],
  ];
  for (const [name, before, after, expected] of table) {
    test(name, () => {
      assert.deepEqual(texts(validateServiceUpdate(made(after), made(before))), expected);
    });
  }

  test('the old annotation for ranges stays as it is', () => {
    const key = 'service.beta.kubernetes.io/load-balancer-source-ranges';
    const balanced = (ranges: string) => made({ type: 'LoadBalancer' }, { [key]: ranges });
    const old = balanced('10.1.2.3/8');
    assert.deepEqual(texts(validateServiceUpdate(old, old)), []);
    assert.deepEqual(texts(validateServiceUpdate(balanced('10.1.2.3/8,'), old)), [
      `metadata.annotations[${key}]: Invalid value: "10.1.2.3/8": must not have bits set beyond the prefix length`,
      `metadata.annotations[${key}]: Invalid value: "": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ]);
  });

  test('the addresses of its load balancer', () => {
    const ingress = [{ ip: '1.2.3.4' }, { ipMode: 'VIP' }, { hostname: '1.2.3.4' }];
    const balanced = { ...made({ type: 'LoadBalancer' }), status: { loadBalancer: { ingress } } };
    assert.deepEqual(texts(validateServiceStatus(balanced)), [
      'status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set',
      'status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set',
      'status.loadBalancer.ingress[2].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ]);
    const status = (...ips: string[]) => {
      const list = ips.map((ip) => ({ ip, ipMode: 'VIP' }));
      return { ...balanced, status: { loadBalancer: { ingress: list } } };
    };
    const change = validateServiceStatus(status('01.2.3.4', '01.2.3.5'), status('01.2.3.4'));
    assert.deepEqual(texts(change), [
      'status.loadBalancer.ingress[1].ip: Invalid value: "01.2.3.5": must not have leading 0s',
    ]);
    const plain = { ...made(), status: balanced.status };
    assert.deepEqual(texts(validateServiceStatus(plain)), [
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ]);
  });
});

test('a Service warns of what it does not mean', () => {
  const table: [Plain, string[]][] = [
    [{}, []],
    [
      {
        clusterIP: 'None',
        clusterIPs: ['None'],
        loadBalancerIP: '1.2.3.4',
        externalIPs: ['1.2.3.4'],
      },
      [
        'spec.loadBalancerIP is ignored for headless services',
        'spec.externalIPs is ignored for headless services',
      ],
    ],
    [{ externalIPs: ['1.2.3.4'] }, ['spec.externalIPs is deprecated']],
    [
      { clusterIP: 'FD00::1', clusterIPs: ['FD00::1'] },
      [
        'spec.clusterIPs[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
      ],
    ],
    [
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.1.2.3/8', 'fd00:0::/16'] },
      [
        'spec.loadBalancerSourceRanges[0]: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)',
        'spec.loadBalancerSourceRanges[1]: IPv6 CIDR value "fd00:0::/16" should be in RFC 5952 canonical format ("fd00::/16")',
      ],
    ],
    [
      {
        type: 'LoadBalancer',
        clusterIP: '010.0.0.1',
        clusterIPs: ['010.0.0.1'],
        loadBalancerSourceRanges: ['010.1.0.0/16', '::ffff:10.1.2.0/112'],
      },
      [
        'spec.clusterIPs[0]: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"',
        'spec.loadBalancerSourceRanges[0]: non-standard CIDR value "010.1.0.0/16" is invalid: use "10.1.0.0/16"',
        'spec.loadBalancerSourceRanges[1]: CIDR value "::ffff:10.1.2.0/112" is ambiguous in this context (should be "10.1.0.0/16" or "10.1.2.0/128"?)',
        'spec.loadBalancerSourceRanges[1]: non-standard CIDR value "::ffff:10.1.2.0/112" is invalid: use "10.1.0.0/16"',
      ],
    ],
    [
      { externalName: 'a.b' },
      ['spec.externalName is ignored when spec.type is not "ExternalName"'],
    ],
    [
      { trafficDistribution: 'PreferClose' },
      ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
    ],
  ];
  for (const [spec, expected] of table) assert.deepEqual(serviceWarnings(made(spec)), expected);
});
