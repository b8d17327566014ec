import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FlagError, parseFlags } from '../flags/flag-set.ts';
import { configFromFlags, type ServerConfig } from './config.ts';
import { apiServerFlags } from './flags.ts';

const necessary = [
  '--etcd-servers=memory://',
  '--service-account-issuer=https://kubernetes.default.svc',
  '--service-account-signing-key-file=sa.key',
];

function config(...args: string[]): ServerConfig {
  return configFromFlags(parseFlags(apiServerFlags, [...necessary, ...args]));
}

const refusals: [args: string[], words: RegExp][] = [
  [['--no-such-flag'], /^unknown flag: --no-such-flag$/],
  [['--insecure-port=0'], /^unknown flag: --insecure-port$/],
  [['--v'], /^flag needs an argument: --v$/],
  [
    ['--v=x'],
    /^invalid argument "x" for "--v" flag: strconv.ParseInt: parsing "x": invalid syntax$/,
  ],
  [['--goaway-chance=x'], /strconv.ParseFloat: parsing "x": invalid syntax/],
  [['--goaway-chance=0.03'], /^--goaway-chance can not be less than 0 or greater than 0.02$/],
  [['--max-requests-inflight=-1'], /^--max-requests-inflight can not be negative value$/],
  [
    ['--shutdown-watch-termination-grace-period=-1s'],
    /^shutdown-watch-termination-grace-period, if provided, can not be a negative value$/,
  ],
  [['--secure-port=0'], /^--secure-port 0 must be between 1 and 65535, inclusive/],
  [['--tls-min-version=VersionTLS14'], /^unknown tls version "VersionTLS14"$/],
  [['--tls-min-version=VersionTLS10'], /VersionTLS10 is not supported by this server/],
  [['--tls-cipher-suites=RC4'], /^Cipher suite RC4 not supported or doesn't exist$/],
  [['--tls-curve-preferences=X25519'], /X25519 not supported or doesn't exist$/],
  [['--tls-cert-file=x'], /^--tls-cert-file and --tls-private-key-file must be given together$/],
  [['--tls-sni-cert-key=x'], /expected comma separated certificate and key file paths/],
  [['--etcd-servers-overrides=/events#http://x'], /^--etcd-servers-overrides is not supported/],
  [
    ['--storage-media-type=application/cbor'],
    /^--storage-media-type=application\/cbor is not supp/,
  ],
  [['--storage-media-type=text/plain'], /"text\/plain" invalid, allowed values: application\/json/],
  [['--storage-backend=etcd2'], /^--storage-backend invalid, allowed values: etcd3/],
  [['--watch-cache=false'], /the watch cache is always on/],
  [['--watch-cache-sizes=pods#0'], /--watch-cache-sizes=pods#0 is not supported/],
  [['--watch-cache-sizes=pods'], /^invalid value of watch cache size: pods$/],
  [['--enable-garbage-collector=false'], /--enable-garbage-collector=false is not supported/],
  [['--authorization-mode=Magic'], /^authorization-mode "Magic" is not a valid mode$/],
  [['--authorization-mode=RBAC,RBAC'], /has mode specified more than once/],
  [
    ['--authorization-mode=ABAC'],
    /^authorization-mode ABAC's authorization policy file not passed$/,
  ],
  [['--authorization-mode=Webhook'], /Webhook's authorization config file not passed$/],
  [
    ['--authorization-policy-file=x'],
    /^cannot specify --authorization-policy-file without mode ABAC$/,
  ],
  [
    ['--authorization-config=x', '--authorization-mode=RBAC'],
    /^--authorization-config can not be spec/,
  ],
  [['--authentication-config=x', '--oidc-username-claim=a'], /are mutually exclusive$/],
  [
    ['--oidc-issuer-url=https://x'],
    /^oidc-issuer-url and oidc-client-id must be specified together/,
  ],
  [
    ['--oidc-issuer-url=http://x', '--oidc-client-id=a'],
    /has invalid scheme \("http"\), require 'https'$/,
  ],
  [['--oidc-required-claim=a'], /malformed pair, expect string=string$/],
  [['--service-account-max-token-expiration=1s'], /must be between 1 hour and 2\^32 seconds$/],
  [
    ['--service-account-signing-endpoint=/x'],
    /^--service-account-signing-endpoint is not supported/,
  ],
  [['--enable-admission-plugins=None'], /^enable-admission-plugins plugin "None" is unknown$/],
  [['--disable-admission-plugins=None'], /^disable-admission-plugins plugin "None" is unknown$/],
  [
    ['--cors-allowed-origins=example.com'],
    /^--cors-allowed-origins has an invalid regular expression: regular expression does not pin to start\/end of host in the origin header, help: List of allowed origins/,
  ],
  [['--cors-allowed-origins=//example.com'], /does not pin to start\/end of host/],
  [
    ['--cors-allowed-origins=^a($'],
    /^--cors-allowed-origins has an invalid regular expression: Inv/,
  ],
  [['--strict-transport-security-directives=x'], /^--strict-transport-security-directives invalid/],
  [['--strict-transport-security-directives= '], /^empty value in strict-transport-security-dire/],
  [
    ['--requestheader-username-headers=X-Remote-User, '],
    /^empty value in "requestheader-username-headers"$/,
  ],
  [
    ['--requestheader-uid-headers=X-Uid'],
    /^--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header - API/,
  ],
  [
    ['--service-account-issuer=https://kubernetes.default.svc'],
    /^service-account-issuer "https:\/\/kubernetes.default.svc" is already specified$/,
  ],
  [['--service-account-issuer='], /^service-account-issuer should not be an empty string$/],
  [['--service-account-jwks-uri=http://a'], /requires https scheme, parsed as: http:\/\/a$/],
  [
    ['--runtime-config=api/ga=false,api/all=true'],
    /^--runtime-config=api\/ga=false conflicts with --enable-priority-and-fairness=true$/,
  ],
  [['--service-cluster-ip-range=10.0.0.0/30'], /must be at least 8 IP addresses$/],
  [
    ['--service-cluster-ip-range=10.0.0.0/24,10.1.0.0/24'],
    /^--service-cluster-ip-range\[0\] and --service-cluster-ip-range\[1\] must be of different IP/,
  ],
  [
    ['--service-cluster-ip-range=10.0.0.0/24,x'],
    /^service-cluster-ip-range\[1\] is not an ip net$/,
  ],
  [
    ['--service-cluster-ip-range=fd00::/108', '--advertise-address=10.1.1.1'],
    /^service IP family "fd00::\/108" must match public address family "10.1.1.1"$/,
  ],
  [
    ['--kubernetes-service-node-port=20'],
    /^kubernetes service node port range 30000-32767 doesn't contain 20$/,
  ],
  [['--endpoint-reconciler-type=master-count'], /master-count is not supported by this server/],
  [['--service-node-port-range=5-3'], /invalid port range: "5-3"/],
  [['--service-cluster-ip-range=x'], /^service-cluster-ip-range\[0\] is not a valid cidr$/],
  [['--egress-selector-config-file=/x'], /^egress-selector-config-file \/x does not exist/],
  [
    ['--audit-log-path=-', '--audit-log-mode=never', '--audit-log-version=v0'],
    /^\[invalid audit log mode never, allowed modes are "batch,blocking,blocking-strict", invalid group version, allowed versions are \["audit.k8s.io\/v1"\]\]$/,
  ],
  [
    ['--audit-log-path=-', '--audit-log-mode=batch', '--audit-log-batch-buffer-size=0'],
    /^invalid audit batch log buffer size 0, must be a positive number$/,
  ],
  [
    ['--audit-webhook-config-file=x', '--audit-webhook-batch-max-size=0'],
    /^invalid audit batch webhook max batch size 0, must be a positive number$/,
  ],
  [['--feature-gates=NoSuchGate=true'], /^unrecognized feature gate: NoSuchGate$/],
  [['--runtime-config=nowhere/v1=true'], /^unknown api groups nowhere\/v1$/],
  [['--emulated-version=1.36.1'], /^patch version not allowed, got: kube=1.36.1$/],
  [['--emulated-version=x=1.36'], /^component not registered: x$/],
  [['--emulated-version=x'], /^could not parse "x" as version$/],
  [['--emulated-version=1.36,1.36'], /^duplicate version flag, kube=1.36 and kube=1.36$/],
  [
    ['--emulated-version=kube=1.30'],
    /version 1.30 is not supported by this server, which serves 1.36/,
  ],
  [['--version=v1.2.3'], /must match major\/minor\/patch of default version "v1.36.2"/],
  [['--livez-grace-period=-1s'], /^--livez-grace-period can not be a negative value$/],
  [
    ['--show-hidden-metrics-for-version=1.36', '--disabled-metrics=a-b'],
    /^\[metrics\.showHiddenMetricsForVersion: Invalid value: "1\.36": must be omitted or have the value '1\.35'; only the previous minor version is allowed, metrics\.disabledMetrics: Invalid value: \["a-b"\]: must be fully qualified metric names matching "\^\[a-zA-Z_:\]\[a-zA-Z0-9_:\]\*\$", got "a-b"\]$/,
  ],
  [
    ['--allow-metric-labels=a=b'],
    /^metrics\.allowListMapping: Invalid value: \{"a":"b"\}: must have keys with format `metricName,labelName` where/,
  ],
  [
    ['--allow-metric-labels-manifest=/nowhere'],
    /^metrics\.allowListMappingManifest: Invalid value: "\/nowhere": failed to read allow list manifest: open \/nowhere: no such file or directory$/,
  ],
  [['--logging-format=text'], /^--logging-format=text is not supported/],
  [['--vmodule=a=1'], /^--vmodule is not supported by this server: one level holds/],
  [
    ['--encryption-provider-config-automatic-reload'],
    /must be set with --encryption-provider-config$/,
  ],
];

for (const [args, words] of refusals) {
  test(`refused: ${args.join(' ')}`, () => {
    assert.throws(
      () => config(...args),
      (error: Error) => {
        assert.ok(error instanceof FlagError, String(error));
        assert.match(error.message, words);
        return true;
      },
    );
  });
}

for (const [flag, value, why] of [
  ['request-timeout', '5', 'time: missing unit in duration "5"'],
  ['request-timeout', '5y', 'time: unknown unit "y" in duration "5y"'],
  ['request-timeout', '-', 'time: invalid duration "-"'],
  ['bind-address', 'x', 'failed to parse IP: "x"'],
  ['advertise-address', '1.2.3', 'failed to parse IP: "1.2.3"'],
  ['tls-sni-cert-key', 'a,b:', 'empty names list is not allowed'],
  [
    'tls-sni-cert-key',
    'a,b:x.example,10.0.0.1',
    '10.0.0.1 is not supported by this server: certificates are chosen by the name that is asked for',
  ],
] as const) {
  test(`--${flag}=${value} is refused in upstream's words`, () => {
    const message = `invalid argument ${JSON.stringify(value)} for "--${flag}" flag: ${why}`;
    assert.throws(
      () => configFromFlags(parseFlags(apiServerFlags, [`--${flag}=${value}`])),
      (error: Error) => error.message.includes(message),
    );
  });
}

test('a flag that is not supported takes its default, and nothing else', () => {
  config('--etcd-servers-overrides=', '--contention-profiling=false', '--kubelet-port=10250', '');
  assert.throws(
    () => config('--kubelet-port=1'),
    /^FlagError: --kubelet-port|--kubelet-port is not/,
  );
});

test('an argument that is no flag is refused', () => {
  assert.throws(() => config('serve'), /unknown command "serve"/);
});

test('flags become what they say', () => {
  const made = config(
    '--tls-min-version=VersionTLS13',
    '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    '--service-node-port-range=100+20',
    '--tls-sni-cert-key=a.crt,a.key:foo.example,*.bar.example',
    '--oidc-issuer-url=https://id',
    '--oidc-client-id=kube',
    '--oidc-required-claim=a=b',
    '--oidc-required-claim=c=d',
    '--storage-media-type=',
    '--goaway_chance=0.01',
    '--tls-curve-preferences=29,23',
    '-v3',
  );
  assert.equal(made.listen.minTlsVersion, 'TLSv1.3');
  assert.match(made.listen.ciphers, /TLS_AES_128_GCM_SHA256.*:ECDHE-RSA-AES128-GCM-SHA256$/);
  assert.deepEqual(made.services.nodePorts, { from: 100, to: 120 });
  assert.deepEqual(made.identity.sni, [
    { certFile: 'a.crt', keyFile: 'a.key', names: ['foo.example', '*.bar.example'] },
  ]);
  assert.deepEqual(made.authn.oidc?.requiredClaims, { a: 'b', c: 'd' });
  assert.equal(made.storage.protobuf, false);
  assert.equal(made.http.goawayChance, 0.01);
  assert.equal(made.listen.curves, 'X25519:P-256');
  assert.equal(made.observability.verbosity, 3);
});

test('docs/flags.md has every flag, and says of each whether it is honoured', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/flags.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `--([a-z0-9-]+)` \| (honoured|refused) \|/gm)];
  const told = new Map(rows.map(([, name = '', state = '']) => [name, state]));
  assert.deepEqual([...told.keys()].toSorted(), Object.keys(apiServerFlags).toSorted());
  for (const [name, flag] of Object.entries(apiServerFlags)) {
    assert.equal(told.get(name), 'refused' in flag ? 'refused' : 'honoured', name);
  }
});

test('all that does not fit is told at once, in the order of upstream', () => {
  const given = [
    '--secure-port=99999999',
    '--max-requests-inflight=-1',
    '--cors-allowed-origins=a,b',
    '--authorization-mode=Magic,ABAC',
    '--enable-admission-plugins=None,Nothing',
    '--apiserver-count=0',
  ];
  const parts = [
    '--max-requests-inflight can not be negative value',
    '--cors-allowed-origins has an invalid regular expression: ',
    '--etcd-servers must be specified',
    '--secure-port 99999999 must be between 1 and 65535, inclusive. It cannot be turned off with 0',
    'service-account-issuer is a required flag',
    'authorization-mode "Magic" is not a valid mode',
    "authorization-mode ABAC's authorization policy file not passed",
    'enable-admission-plugins plugin "None" is unknown',
    'enable-admission-plugins plugin "Nothing" is unknown',
    '--service-account-signing-key-file and --service-account-issuer are required flags',
    "--apiserver-count should be a positive number, but value '0' provided",
  ];
  assert.throws(
    () => configFromFlags(parseFlags(apiServerFlags, given)),
    ({ message }: Error) => {
      const places = parts.map((part) => message.indexOf(part));
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
        message,
      );
      assert.equal(places[0], 1, message);
      // said once, however many flags it is true of
      assert.equal(message.split('--cors-allowed-origins').length, 2, message);
      assert.equal(message.endsWith(']'), true);
      return true;
    },
  );
});
