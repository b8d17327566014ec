import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { userOf } from './client-certificate.ts';

/** Subjects that no certificate of ours has; made with `openssl req -x509 -subj`, the OID named in its configuration. */
const subjects = {
  // /CN=first/O=a/O=b/CN=last
  twoNames:
    'MIIBxDCCAWugAwIBAgIUIHryehJd5UUIxGSX+TJpY4zPnxcwCgYIKoZIzj0EAwIwNzEOMAwGA1UEAwwFZmlyc3QxCjAIBgNVBAoMAWExCjAIBgNVBAoMAWIxDTALBgNVBAMMBGxhc3QwIBcNMjYxMTI2MTEyNzMxWhgPMjEyNjExMDIxMTI3MzFaMDcxDjAMBgNVBAMMBWZpcnN0MQowCAYDVQQKDAFhMQowCAYDVQQKDAFiMQ0wCwYDVQQDDARsYXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6lICsv6ZefaXChMZk8o5hncgq6v5AxYTu6KMsJIfCp4H2a4J1SS+VcVwyPXmHvVNWcRFND1FPcvDb+ytZSFb3aNTMFEwHQYDVR0OBBYEFMeN8ZBnnFKJoFH7ZcB+3Qg0ccUPMB8GA1UdIwQYMBaAFMeN8ZBnnFKJoFH7ZcB+3Qg0ccUPMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgeNfUNGY8pgUD1D52GuJSgDaXITeX0KKWCHbkhJEvCjcCID0DKIunighD0NDvyDzbzsbYiti/XehuoVeILKroMBcI',
  // /CN=u/1.3.6.1.4.1.57683.2=x/1.3.6.1.4.1.57683.2=y
  twoUids:
    'MIIBXTCCAQMCFAGgv34jNVjGeRzdwhHfCJWJHAnzMAoGCCqGSM49BAMCMDAxCjAIBgNVBAMMAXUxEDAOBgkrBgEEAYPCUwIMAXgxEDAOBgkrBgEEAYPCUwIMAXkwIBcNMjYxMTI2MTEyODQ4WhgPMjEyNjExMDIxMTI4NDhaMDAxCjAIBgNVBAMMAXUxEDAOBgkrBgEEAYPCUwIMAXgxEDAOBgkrBgEEAYPCUwIMAXkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATPDb8MfEmO51rILO3FhVlv5ar7vsUqQthr+6YTcj4QhtUpplcKVYFirM8/jvdLmPJffkCYD6tLTlE+c2fBaUoPMAoGCCqGSM49BAMCA0gAMEUCIEvapGaZMjP5bX/vXLqHVRb5VOsOvva/sgw79k29N+yTAiEA2qfTLioE1mX+3FFrQZ4a22wVx+lgOjL18NDHgStqpZ4=',
  // /CN=u/1.3.6.1.4.1.57683.2=x
  oneUid:
    'MIIBODCB3wIUHSK5DX3+Y9CmB0OJFiqMktoD6WIwCgYIKoZIzj0EAwIwHjEKMAgGA1UEAwwBdTEQMA4GCSsGAQQBg8JTAgwBeDAgFw0yNjExMjYxMTI4NDhaGA8yMTI2MTEwMjExMjg0OFowHjEKMAgGA1UEAwwBdTEQMA4GCSsGAQQBg8JTAgwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLAz8C0ohZnjzKKFGttCX2eNBbxgjdtfoOr8zXXe56tGTFedvgFG3/UnjcvRCeKcvNj84xUcyHYDEcPLqAxQbuAwCgYIKoZIzj0EAwIDSAAwRQIhAJvHqBJLrnIaI6SXPAlsnSyedUYTp0Q5UucFxCGubrUaAiAjTqweSEW+XHgLdp5WDg1DrLcZvOcWf29yQ5YTmoOUWA==',
};

const certificate = (of: keyof typeof subjects): X509Certificate =>
  new X509Certificate(Buffer.from(subjects[of], 'base64'));

test('of two common names the last one is the user', () => {
  const user = userOf(certificate('twoNames'));
  assert.equal(user?.name, 'last');
  assert.deepEqual(user?.groups, ['a', 'b']);
});

test('a certificate has one UID or none', () => {
  assert.equal(userOf(certificate('oneUid'))?.uid, 'x');
  assert.throws(() => userOf(certificate('twoUids')), {
    message: 'expected 1 UID, but found multiple: [x y]',
  });
  assert.equal(userOf(certificate('twoUids'), false)?.name, 'u');
});
