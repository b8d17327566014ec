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
  [['--delete-collection-workers=0'], /must be 1 or more/],
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
  [['--oidc-required-claim=a'], /malformed pair, expect string=string: a/],
  [['--service-account-max-token-expiration=1s'], /must be between 1 hour and 2\^32 seconds$/],
  [
    ['--service-account-signing-endpoint=/x'],
    /^--service-account-signing-endpoint is not supported/,
  ],
  [['--enable-admission-plugins=None'], /^enable-admission-plugins plugin "None" is unknown$/],
  [['--disable-admission-plugins=None'], /^disable-admission-plugins plugin "None" is unknown$/],
  [['--cors-allowed-origins=example.com'], /does not pin to the start of the host/],
  [['--cors-allowed-origins=//example.com'], /does not pin to the end of the host/],
  [['--strict-transport-security-directives=x'], /^--strict-transport-security-directives invalid/],
  [['--endpoint-reconciler-type=master-count'], /master-count is not supported by this server/],
  [['--service-node-port-range=5-3'], /invalid port range: "5-3"/],
  [['--service-cluster-ip-range=x'], /invalid CIDR address: x/],
  [['--egress-selector-config-file=x'], /^--egress-selector-config-file is not supported by this/],
  [['--audit-log-format=legacy'], /^--audit-log-format=legacy is not supported/],
  [['--audit-webhook-mode=blocking'], /^--audit-webhook-mode=blocking is not supported/],
  [['--audit-log-mode=never'], /^invalid audit log mode never, allowed modes are/],
  [['--feature-gates=NoSuchGate=true'], /^unrecognized feature gate: NoSuchGate$/],
  [['--runtime-config=nowhere/v1=true'], /^unknown api groups nowhere$/],
  [
    ['--emulated-version=kube=1.30'],
    /version 1.30 is not supported by this server, which serves 1.36/,
  ],
  [['--version=v1.2.3'], /must match major\/minor\/patch of default version "v1.36.2"/],
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

test('all that does not fit is told at once', () => {
  assert.throws(
    () =>
      configFromFlags(
        parseFlags(apiServerFlags, [
          '--etcd-servers=memory://',
          '--secure-port=99999999',
          '--delete-collection-workers=0',
        ]),
      ),
    (error: Error) => {
      assert.match(error.message, /^\[.*secure-port.*, .*\]$/);
      assert.match(error.message, /delete-collection-workers/);
      assert.match(error.message, /service-account-issuer is a required flag/);
      return true;
    },
  );
});
