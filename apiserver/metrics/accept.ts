const escapings = new Set(['allow-utf-8', 'underscores', 'dots', 'values']);

/**
 * Which of Prometheus' formats a scraper wants: the first known in the order of its preference, text
 * otherwise (prometheus/common expfmt.Negotiate). Our names need no escaping; the answer says the
 * scheme that was asked for.
 */
export function parseAccept(accept = ''): { protobuf: boolean; escaping: string } {
  let escaping = 'underscores';
  const clauses = accept.split(',').map((clause) => {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(rest.map((one) => one.split('=', 2)));
    const { q } = parameters as Record<string, string | undefined>;
    return { type, parameters, q: q === undefined ? 1 : Number(q) };
  });
  for (const { type, parameters } of clauses.toSorted((a, b) => b.q - a.q)) {
    const { escaping: asked, version = '', proto, encoding } = parameters as Record<string, string>;
    if (asked !== undefined && escapings.has(asked)) escaping = asked;
    if (
      type === 'application/vnd.google.protobuf' &&
      proto === 'io.prometheus.client.MetricFamily' &&
      encoding === 'delimited'
    ) {
      return { protobuf: true, escaping };
    }
    if (type === 'text/plain' && (version === '' || version === '0.0.4')) break;
  }
  return { protobuf: false, escaping };
}
