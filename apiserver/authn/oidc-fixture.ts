import { createSign, generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { makeUserOfClaims } from './claims.ts';
import { readAuthenticationConfiguration } from './configuration.ts';
import { makeFetch } from '../outgoing/fetch.ts';
import { makeOidc, type OidcAuthenticator } from './oidc.ts';

/** A server that issues tokens on loopback: what it answers is for each test to say. */
export interface TestIssuer {
  url: string;
  ca: string;
  /** By path; JSON of what is no text. */
  answers: Map<string, { status?: number; headers?: Record<string, string>; body: unknown }>;
  asked: string[];
  close(): Promise<void>;
}

const day = 86_400_000;

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const jwkOf = (pair: KeyPairKeyObjectResult, more: object): object => ({
  ...pair.publicKey.export({ format: 'jwk' }),
  ...more,
});

export async function startIssuer(): Promise<TestIssuer> {
  const authority = await issueAuthority({ commonName: 'issuers', durationMs: day });
  const own = await issueCertificate(authority, {
    subject: { commonName: 'issuer' },
    names: { ipAddresses: ['127.0.0.1'] },
    usages: ['server auth'],
    durationMs: day,
  });
  const answers: TestIssuer['answers'] = new Map();
  const asked: string[] = [];
  const server: Server = createServer(
    { cert: own.certificatePem, key: own.privateKeyPem },
    ({ url: path = '' }, response) => {
      asked.push(path);
      const { status = 200, headers, body } = answers.get(path) ?? { status: 404, body: 'nothing' };
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answers.set('/.well-known/openid-configuration', {
    body: { issuer: url, jwks_uri: `${url}/keys` },
  });
  answers.set('/keys', { body: { keys: [jwkOf(rsa, { kid: 'a' })] } });
  return {
    url,
    ca: authority.certificatePem,
    answers,
    asked,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signed by RSA, with what the header says of it. */
export function signToken(
  claims: unknown,
  header: object = { alg: 'RS256', kid: 'a' },
  pair = rsa,
): string {
  const signed = `${part(header)}.${part(claims)}`;
  const signature = createSign('sha256').update(signed).sign(pair.privateKey);
  return `${signed}.${signature.toString('base64url')}`;
}

/** The authenticator of an AuthenticationConfiguration with this one issuer. */
export function oidcOf(
  issuer: TestIssuer,
  jwt: { claimMappings?: object; issuer?: object; [field: string]: unknown } = {},
): OidcAuthenticator {
  const { jwt: list } = readAuthenticationConfiguration({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        ...jwt,
        issuer: { url: issuer.url, audiences: ['me'], ...jwt.issuer },
        claimMappings: { username: { claim: 'sub', prefix: '' }, ...jwt.claimMappings },
      },
    ],
  });
  const [only] = list;
  if (only === undefined) throw new Error('no issuer');
  return makeOidc({
    issuerUrl: only.url,
    discoveryUrl: only.discoveryUrl,
    audiences: only.audiences,
    userOf: makeUserOfClaims(only),
    groupsClaim: only.mappings.groups?.claim,
    fetch: makeFetch({ ca: issuer.ca }),
  });
}
