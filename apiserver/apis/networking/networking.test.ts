import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindDefinition } from '../resource.ts';
import { createCauses, statusCauses, updateCauses } from '../validation-fixture.ts';
import { ingressClass } from './ingress-class.ts';
import { ingress } from './ingress.ts';
import { ipAddress } from './ip-address.ts';
import { networkPolicy } from './network-policy.ts';
import { serviceCidr } from './service-cidr.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

const service = (port: object) => ({ service: { name: 's', port } });
const paths = (...entries: object[]) => ({ spec: { rules: [{ http: { paths: entries } }] } });
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test('Ingress', () => {
  const at = 'spec.rules[0].http.paths[0]';
  const backend = service({ number: 80 });
  creates(ingress, [
    [{ spec: { defaultBackend: backend } }, []],
    [
      { spec: {} },
      ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      { spec: { defaultBackend: {} } },
      ['spec.defaultBackend: Invalid value: "": resource or service backend is required'],
    ],
    [
      { spec: { defaultBackend: { ...backend, resource: { kind: 'a', name: 'b' } } } },
      ['spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
    ],
    [
      { spec: { defaultBackend: { resource: { apiGroup: 'A', kind: 'a/b' } } } },
      [
        `spec.defaultBackend.resource.apiGroup: Invalid value: "A": ${subdomain}`,
        `spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain '/'`,
        'spec.defaultBackend.resource.name: Required value',
      ],
    ],
    [
      { spec: { defaultBackend: service({}) } },
      ['spec.defaultBackend: Required value: port name or number is required'],
    ],
    [
      { spec: { defaultBackend: service({ name: 'a', number: 1 }) } },
      ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
    ],
    [paths({ backend: {} }), [`${at}.pathType: Required value: pathType must be specified`]],
    [
      paths({ pathType: 'Regex', backend }),
      [
        `${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
      ],
    ],
    [
      paths({ pathType: 'Prefix', path: 'a//b/.', backend }),
      [
        `${at}.path: Invalid value: "a//b/.": must be an absolute path`,
        `${at}.path: Invalid value: "a//b/.": must not contain '//'`,
        `${at}.path: Invalid value: "a//b/.": cannot end with '/.'`,
      ],
    ],
    [
      { spec: { rules: [{ host: '1.2.3.4' }, { host: '*.a.b' }, { host: 'a.*' }] } },
      [
        'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
        `spec.rules[2].host: Invalid value: "a.*": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    ],
    [
      { spec: { defaultBackend: backend, tls: [{ hosts: ['*.a.b'], secretName: 'A' }] } },
      [`spec.tls[0].secretName: Invalid value: "A": ${subdomain}`],
    ],
    [
      {
        metadata: { name: 'x', annotations: { 'kubernetes.io/ingress.class': 'a' } },
        spec: { defaultBackend: backend, ingressClassName: 'b' },
      },
      [
        'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
      ],
    ],
  ]);
  const spec = { defaultBackend: backend };
  assert.deepEqual(
    statusCauses(
      ingress,
      { spec, status: { loadBalancer: { ingress: [{ ip: 'x' }, { hostname: '1.1.1.1' }] } } },
      { spec },
    ),
    [
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.1.1.1": must be a DNS name, not an IP address',
    ],
  );
});

test('IngressClass', () => {
  const parameters = (rest: object) => ({
    spec: { controller: 'a.b/c', parameters: { kind: 'k', name: 'n', ...rest } },
  });
  creates(ingressClass, [
    [{ spec: { controller: 'a.b/c' } }, []],
    [{ spec: {} }, ['spec.controller: Required value']],
    [
      { spec: { controller: 'a/' } },
      [
        'spec.controller: Invalid value: "a/": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    ],
    [
      { spec: { controller: `a/${'b'.repeat(250)}` } },
      ['spec.controller: Too long: may not be more than 250 bytes'],
    ],
    [
      { spec: { controller: 'A/b c' } },
      [
        `spec.controller: Invalid value: "A": ${subdomain}`,
        `spec.controller: Invalid value: "b c": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`,
      ],
    ],
    [parameters({}), []],
    [
      parameters({ kind: '', scope: 'All' }),
      [
        'spec.parameters.kind: Required value',
        'spec.parameters.scope: Unsupported value: "All": supported values: "Cluster", "Namespace"',
      ],
    ],
    [
      parameters({ scope: '' }),
      ['spec.parameters.scope: Unsupported value: "": supported values: "Cluster", "Namespace"'],
    ],
    [
      parameters({ scope: 'Namespace' }),
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      parameters({ namespace: 'a' }),
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
  ]);
  assert.deepEqual(
    updateCauses(ingressClass, { spec: { controller: 'a/b' } }, { spec: { controller: 'a/c' } }),
    ['spec.controller: Invalid value: "a/b": field is immutable'],
  );
});

test('NetworkPolicy', () => {
  const ingressRule = (rule: object) => ({ spec: { ingress: [rule] } });
  const at = 'spec.ingress[0]';
  creates(networkPolicy, [
    [{ spec: {} }, []],
    [
      ingressRule({ ports: [{ protocol: 'ICMP', port: 'A_', endPort: 5 }, { endPort: 5 }] }),
      [
        `${at}.ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"`,
        `${at}.ports[0].endPort: Invalid value: 5: may not be specified when \`port\` is non-numeric`,
        `${at}.ports[0].port: Invalid value: "A_": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
        `${at}.ports[0].port: Invalid value: "A_": must contain at least one letter (a-z)`,
        `${at}.ports[1].endPort: Invalid value: 5: may not be specified when \`port\` is not specified`,
      ],
    ],
    [
      ingressRule({ ports: [{ port: 70_000, endPort: 5 }] }),
      [
        `${at}.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive`,
        `${at}.ports[0].endPort: Invalid value: 5: must be greater than or equal to \`port\``,
      ],
    ],
    [
      ingressRule({
        from: [
          {},
          { podSelector: {}, ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8', 'x'] } },
          { ipBlock: { cidr: 'x', except: ['y'] } },
        ],
      }),
      [
        `${at}.from[0]: Required value: must specify a peer`,
        `${at}.from[1].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
        `${at}.from[1].ipBlock.except[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
        `${at}.from[1]: Forbidden: may not specify both ipBlock and another peer`,
        `${at}.from[2].ipBlock.cidr: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
      ],
    ],
    [
      { spec: { policyTypes: ['Ingress', 'Other'] } },
      ['spec.policyTypes[1]: Unsupported value: "Other": supported values: "Ingress", "Egress"'],
    ],
  ]);
});

test('IPAddress', () => {
  const address = (name: string, spec: object) => ({ metadata: { name }, spec });
  const parentRef = { resource: 'services', name: 's' };
  creates(ipAddress, [
    [address('10.0.0.1', { parentRef }), []],
    [
      address('2001:DB8::1', { parentRef: { group: 'A', namespace: 'a/b' } }),
      [
        'metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
        `spec.parentRef.group: Invalid value: "A": ${subdomain}`,
        'spec.parentRef.resource: Required value',
        'spec.parentRef.name: Required value',
        `spec.parentRef.namespace: Invalid value: "a/b": may not contain '/'`,
      ],
    ],
    [
      address('x', {}),
      [
        'metadata.name: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.parentRef: Required value',
      ],
    ],
  ]);
  assert.deepEqual(
    updateCauses(
      ipAddress,
      address('10.0.0.1', { parentRef: { ...parentRef, name: 't' } }),
      address('10.0.0.1', { parentRef }),
    ),
    [
      'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"","Name":"t"}: field is immutable',
    ],
  );
});

test('ServiceCIDR', () => {
  const of = (...cidrs: string[]) => ({ spec: { cidrs } });
  const families =
    'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
  creates(serviceCidr, [
    [of('10.0.0.0/16', 'fd00::/64'), []],
    [of(), ['spec.cidrs: Required value: at least one CIDR required']],
    [
      of('10.0.0.0/16', 'fd00::/64', '10.1.0.0/16'),
      [
        'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/16","fd00::/64","10.1.0.0/16"]}: may only hold up to 2 values',
      ],
    ],
    [
      of('10.0.0.1/16', 'FD00::/64'),
      [
        'spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length',
        'spec.cidrs[1]: Invalid value: "FD00::/64": must be in canonical form ("fd00::/64")',
      ],
    ],
    [
      of('10.0.0.0/16', '10.1.0.0/16'),
      [`spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: ${families}`],
    ],
  ]);
  const update = (next: object, old: object) => updateCauses(serviceCidr, next, old);
  assert.deepEqual(update(of('10.0.0.0/16', 'fd00::/64'), of('10.0.0.0/16')), []);
  assert.deepEqual(update(of('10.1.0.0/16'), of('10.0.0.0/16')), [
    'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
  ]);
  assert.deepEqual(update(of('10.0.0.0/16'), of('10.0.0.0/16', 'fd00::/64')), [
    'spec.cidrs: Invalid value: ["10.0.0.0/16"]: field is immutable',
  ]);
});

test('NetworkPolicy warns of blocks that read in two ways', () => {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'x' },
    spec: {
      ingress: [{ from: [{ podSelector: {} }, { ipBlock: { cidr: '10.1.0.0/8' } }] }],
      egress: [{ to: [{ ipBlock: { cidr: 'fd00::/8', except: ['FD01::/16'] } }] }],
    },
  };
  assert.deepEqual(networkPolicy.warnings?.(policy, policy), [
    'spec.ingress[0].from[1].ipBlock.cidr: CIDR value "10.1.0.0/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.0.0/32"?)',
    'spec.egress[0].to[0].ipBlock.except[0]: IPv6 CIDR value "FD01::/16" should be in RFC 5952 canonical format ("fd01::/16")',
  ]);
});
