/** Addresses no Service may point to (core validation ValidateEndpointIP). */
export function specialAddress(ip: string): string | undefined {
  if (ip === '0.0.0.0' || ip === '::') return 'may not be unspecified (0.0.0.0 or ::)';
  if (ip.startsWith('127.') || ip === '::1') {
    return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  }
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip)) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  }
  if (ip.startsWith('224.0.0.') || /^ff02/i.test(ip)) {
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  }
  return undefined;
}
