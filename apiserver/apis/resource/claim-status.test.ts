import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, statusCauses, statusUpdate } from '../validation-fixture.ts';
import { deviceClass } from './device-class.ts';
import { resourceClaim } from './resource-claim.ts';

const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } };
const result = { request: 'r', driver: 'd.e', pool: 'p', device: 'x' };
const allocated = (...results: object[]) => ({ allocation: { devices: { results } } });
const update = (status: object, old: object) =>
  statusCauses(resourceClaim, { spec, status }, { spec, status: old });
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test('what a claim is given is of its requests', () => {
  const at = 'status.allocation.devices';
  assert.deepEqual(update(allocated(result), {}), []);
  const unknown =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  assert.deepEqual(
    update(
      allocated(
        { ...result, request: 'q', pool: '', device: 'X', shareID: 'u' },
        { ...result, driver: '' },
      ),
      {},
    ).slice(0, 5),
    [
      `${at}.results[0].request: Invalid value: "q": ${unknown}`,
      `${at}.results[0].pool: Required value`,
      `${at}.results[0].device: Invalid value: "X": ${label}`,
      `${at}.results[0].shareID: Invalid value: "u": error validating uid: invalid UUID length: 1`,
      `${at}.results[1].driver: Required value`,
    ],
  );
  const config = [
    { source: 'FromNobody', requests: ['r'], opaque: { driver: 'd.e', parameters: {} } },
    {},
  ];
  assert.deepEqual(update({ allocation: { devices: { config } } }, {}), [
    `${at}.config[0].source: Unsupported value: "FromNobody": supported values: "FromClaim", "FromClass"`,
    `${at}.config[1].source: Required value`,
    `${at}.config[1].opaque: Required value`,
  ]);
});

test('what it was given is not judged again', () => {
  const odd = allocated({ ...result, request: 'q' });
  assert.deepEqual(update(odd, odd), []);
});

test('uids are written as they usually are', () => {
  const uid = '0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
  const table: [string, string | undefined][] = [
    [uid, undefined],
    [
      uid.toUpperCase(),
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
    ],
    [
      uid.replaceAll('-', ''),
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
    ],
    [uid.replace('0a', 'xx'), 'error validating uid: invalid UUID format'],
    [`<${uid}>`, 'error validating uid: invalid bracketed UUID format'],
    [`urn:oid:0${uid}`, 'error validating uid: invalid urn prefix: "urn:oid:0"'],
  ];
  for (const [shareID, why] of table) {
    const causes = update(allocated({ ...result, shareID }), {});
    const at = 'status.allocation.devices.results[0].shareID';
    const shown = `${at}: Invalid value: ${JSON.stringify(shareID)}: ${why}`;
    assert.deepEqual(causes, why === undefined ? [] : [shown]);
  }
});

test('drivers speak of devices that the claim has', () => {
  const given = allocated(result);
  const { request: _request, ...device } = result;
  const of = (...devices: object[]) => update({ ...given, devices }, given);
  const networkData = { interfaceName: 'eth0', ips: ['10.0.0.1/24', '2001:db8::1/64'] };
  assert.deepEqual(of({ ...device, data: { a: 1 }, networkData }), []);
  assert.deepEqual(of(device, { ...device, device: 'y' }, device), [
    'status.devices[1]: Invalid value: {"Driver":"d.e","Pool":"p","Device":"y","ShareID":""}: must be an allocated device in the claim',
    'status.devices[2]: Duplicate value: {"Driver":"d.e","Pool":"p","Device":"x","ShareID":""}',
  ]);
  const wrong = {
    interfaceName: 'e'.repeat(257),
    hardwareAddress: 'a'.repeat(129),
    ips: ['10.0.0.01/24', 'x', '10.0.0.1/24', '10.0.0.1/24'],
  };
  assert.deepEqual(of({ ...device, data: [], networkData: wrong }), [
    'status.devices[0].data: Invalid value: "<value omitted>": must be a valid JSON object',
    'status.devices[0].networkData.interfaceName: Too long: may not be more than 256 bytes',
    'status.devices[0].networkData.hardwareAddress: Too long: may not be more than 128 bytes',
    'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.01/24": must be in canonical form ("10.0.0.1/24")',
    'status.devices[0].networkData.ips[1]: Invalid value: "x": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    'status.devices[0].networkData.ips[3]: Duplicate value: "10.0.0.1/24"',
  ]);
});

test('what a returned device said of itself goes with it', () => {
  const { request: _request, ...device } = result;
  const old = { spec, status: { ...allocated(result), devices: [device] } };
  const next = statusUpdate(resourceClaim, { spec, status: { devices: [device] } }, old);
  assert.equal(next.status.devices, undefined);
  const kept = statusUpdate(resourceClaim, { spec, status: { ...old.status } }, old);
  assert.deepEqual(kept.status.devices, [device]);
});

test('selectors are expressions about a device', () => {
  const selecting = (expression: string) => ({ spec: { selectors: [{ cel: { expression } }] } });
  const causes = (expression: string) => createCauses(deviceClass, selecting(expression));
  for (const right of [
    'device.driver == "d.e"',
    'device.attributes["d.e"].model == "a" && device.capacity["d.e"].memory.isGreaterThan(quantity("1Gi"))',
    'device.attributes["d.e"].healthy',
    'device.allowMultipleAllocations',
  ]) {
    assert.deepEqual(causes(right), [], right);
  }
  assert.deepEqual(causes('device.driver'), [
    'spec.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string',
  ]);
  assert.match(
    causes('device.name == "a"')[0] ?? '',
    /compilation failed: ERROR: .*undefined field 'name'/,
  );
  assert.match(
    causes('other')[0] ?? '',
    /compilation failed: ERROR: .*undeclared reference to 'other'/,
  );
});
