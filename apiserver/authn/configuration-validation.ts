import { X509Certificate } from 'node:crypto';
import { parseUrl } from '../../object/go-url.ts';
import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../object/name.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { decodePem } from '../../pki/pem-block.ts';
import type { ClaimRule, Mapping } from './claims.ts';
import { type CompiledExpression, compileOver } from './configuration-expressions.ts';

/**
 * One issuer of an AuthenticationConfiguration, in upstream's words and order
 * (k8s.io/apiserver apis/apiserver/validation, validateJWTAuthenticator).
 */
export interface GivenJwt {
  issuer?: {
    url?: string;
    discoveryURL?: string;
    certificateAuthority?: string;
    audiences?: string[];
    audienceMatchPolicy?: string;
    egressSelectorType?: string;
  };
  claimMappings?: {
    username?: Mapping;
    groups?: Mapping;
    uid?: Mapping;
    extra?: { key?: string; valueExpression?: string }[];
  };
  claimValidationRules?: ClaimRule[];
  userValidationRules?: { expression?: string; message?: string }[];
}

export function jwtFaults(
  given: GivenJwt,
  at: string,
  disallowedIssuers: readonly string[],
): StatusCause[] {
  const checked = new Checked();
  issuerFaults(checked, given.issuer ?? {}, `${at}.issuer`, disallowedIssuers);
  claimRuleFaults(checked, given.claimValidationRules ?? [], `${at}.claimValidationRules`);
  mappingFaults(checked, given.claimMappings ?? {}, `${at}.claimMappings`);
  userRuleFaults(checked, given.userValidationRules ?? [], `${at}.userValidationRules`);
  return checked.faults;
}

class Checked {
  readonly faults: StatusCause[] = [];
  /** An expression for the user name looks at the e-mail address, and some look whether it is verified. */
  usesEmail = false;
  usesEmailVerified = false;

  add(...faults: StatusCause[]): void {
    this.faults.push(...faults);
  }

  compile(
    what: 'claims' | 'user',
    expression: string,
    result: 'any' | 'bool',
    at: string,
  ): CompiledExpression | undefined {
    try {
      return compileOver(what, expression, result);
    } catch (error) {
      this.add(fieldInvalid(at, expression, (error as Error).message));
      return undefined;
    }
  }

  /** Where a verified address may be asked for. */
  note(compiled: CompiledExpression | undefined): void {
    this.usesEmailVerified ||= compiled?.usesClaim('email_verified') === true;
  }
}

function issuerFaults(
  checked: Checked,
  given: NonNullable<GivenJwt['issuer']>,
  at: string,
  disallowedIssuers: readonly string[],
): void {
  const { url = '', discoveryURL = '', certificateAuthority = '', egressSelectorType = '' } = given;
  if (url === '') checked.add(fieldRequired(`${at}.url`));
  else checked.add(...urlFaults(url, `${at}.url`, disallowedIssuers));
  if (discoveryURL !== '') {
    const bare = (text: string) => text.replace(/\/+$/, '');
    if (url !== '' && bare(url) === bare(discoveryURL)) {
      const text = 'discoveryURL must be different from URL';
      checked.add(fieldInvalid(`${at}.discoveryURL`, discoveryURL, text));
    }
    checked.add(...urlFaults(discoveryURL, `${at}.discoveryURL`, []));
  }
  audienceFaults(checked, given, at);
  const caFault = certificateAuthority === '' ? undefined : bundleFault(certificateAuthority);
  if (caFault !== undefined) {
    checked.add(fieldInvalid(`${at}.certificateAuthority`, '<omitted>', caFault));
  }
  if (!['', 'controlplane', 'cluster'].includes(egressSelectorType)) {
    const text = 'egress selector must be either controlplane or cluster';
    checked.add(fieldInvalid(`${at}.egressSelectorType`, egressSelectorType, text));
  }
}

/** Blocks of another kind and with headers are passed over. */
function bundleFault(pem: string): string | undefined {
  let found = false;
  for (let block = decodePem(pem); block !== undefined; block = decodePem(block.rest)) {
    if (block.type !== 'CERTIFICATE' || Object.keys(block.headers).length > 0) continue;
    try {
      void new X509Certificate(block.bytes);
    } catch {
      return 'x509: malformed certificate';
    }
    found = true;
  }
  return found ? undefined : 'data does not contain any valid RSA or ECDSA certificates';
}

function urlFaults(url: string, at: string, disallowed: readonly string[]): StatusCause[] {
  const faults: StatusCause[] = [];
  const fault = (text: string) => faults.push(fieldInvalid(at, url, text));
  if (disallowed.includes(url)) {
    fault(
      `URL must not overlap with disallowed issuers: [${[...disallowed].toSorted().join(' ')}]`,
    );
  }
  try {
    const { scheme, query } = parseUrl(url);
    if (scheme !== 'https') fault('URL scheme must be https');
    if (/^[^/?#]*\/\/[^/?#]*@/.test(url)) fault('URL must not contain a username or password');
    if (query !== '') fault('URL must not contain a query');
    if (/#./s.test(url)) fault('URL must not contain a fragment');
  } catch (error) {
    fault(`parse ${JSON.stringify(url)}: ${(error as Error).message}`);
  }
  return faults;
}

function audienceFaults(
  checked: Checked,
  { audiences = [], audienceMatchPolicy: policy = '' }: NonNullable<GivenJwt['issuer']>,
  at: string,
): void {
  if (audiences.length === 0) {
    checked.add(fieldRequired(`${at}.audiences`, `at least one ${at}.audiences is required`));
    return;
  }
  for (const [i, audience] of audiences.entries()) {
    const place = `${at}.audiences[${i}]`;
    if (audience === '') checked.add(fieldRequired(place));
    if (audiences.indexOf(audience) < i) checked.add(fieldDuplicate(place, audience));
  }
  const place = `${at}.audienceMatchPolicy`;
  if (audiences.length > 1 && policy !== 'MatchAny') {
    const text = 'audienceMatchPolicy must be MatchAny for multiple audiences';
    checked.add(fieldInvalid(place, policy, text));
  }
  if (audiences.length === 1 && policy !== '' && policy !== 'MatchAny') {
    const text = 'audienceMatchPolicy must be empty or MatchAny for single audience';
    checked.add(fieldInvalid(place, policy, text));
  }
}

const both = "claim and expression can't both be set";

function claimRuleFaults(checked: Checked, rules: readonly ClaimRule[], at: string): void {
  const seen = new Set<string>();
  for (const [i, rule] of rules.entries()) {
    const { claim = '', requiredValue = '', expression = '', message = '' } = rule;
    const place = `${at}[${i}]`;
    if (claim !== '' && expression !== '') checked.add(fieldInvalid(place, claim, both));
    else if (claim !== '') {
      if (message !== '') {
        const text = 'may not be specified when claim is set';
        checked.add(fieldInvalid(`${place}.message`, message, text));
      }
      if (seen.has(`claim ${claim}`)) checked.add(fieldDuplicate(`${place}.claim`, claim));
      seen.add(`claim ${claim}`);
    } else if (expression !== '') {
      if (requiredValue !== '') {
        const text = 'may not be specified when expression is set';
        checked.add(fieldInvalid(`${place}.requiredValue`, requiredValue, text));
      }
      const key = `expression ${expression}`;
      if (seen.has(key)) checked.add(fieldDuplicate(`${place}.expression`, expression));
      else checked.note(checked.compile('claims', expression, 'bool', `${place}.expression`));
      seen.add(key);
    } else checked.add(fieldRequired(place, 'claim or expression is required'));
  }
}

function mappingFaults(
  checked: Checked,
  { username = {}, groups = {}, uid = {}, extra = [] }: NonNullable<GivenJwt['claimMappings']>,
  at: string,
): void {
  const name = prefixedFaults(checked, username, `${at}.username`, true);
  checked.note(name);
  checked.usesEmail = name?.usesClaim('email') === true;
  prefixedFaults(checked, groups, `${at}.groups`, false);
  if (uid.claim && uid.expression) checked.add(fieldInvalid(`${at}.uid`, '', both));
  else if (uid.expression) checked.compile('claims', uid.expression, 'any', `${at}.uid.expression`);
  const keys = new Set<string>();
  for (const [i, { key = '', valueExpression = '' }] of extra.entries()) {
    const place = `${at}.extra[${i}]`;
    checked.add(...keyFaults(key, `${place}.key`));
    if (keys.has(key)) checked.add(fieldDuplicate(`${place}.key`, key));
    else if (valueExpression === '') checked.add(fieldRequired(`${place}.valueExpression`));
    else {
      checked.note(checked.compile('claims', valueExpression, 'any', `${place}.valueExpression`));
    }
    keys.add(key);
  }
  if (checked.usesEmail && !checked.usesEmailVerified) {
    const text =
      'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression';
    checked.add(fieldInvalid(`${at}.username.expression`, username.expression, text));
  }
}

function prefixedFaults(
  checked: Checked,
  { claim, prefix, expression }: Mapping,
  at: string,
  required: boolean,
): CompiledExpression | undefined {
  if (claim && expression) checked.add(fieldInvalid(at, '', both));
  else if (claim) {
    if (prefix === undefined) {
      const text =
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing';
      checked.add(fieldRequired(`${at}.prefix`, text));
    }
  } else if (expression) {
    if (prefix !== undefined) {
      const text = 'may not be specified when expression is set';
      checked.add(fieldInvalid(`${at}.prefix`, prefix, text));
    }
    return checked.compile('claims', expression, 'any', `${at}.expression`);
  } else if (required) checked.add(fieldRequired(at, 'claim or expression is required'));
  return undefined;
}

const pathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** A domain of somebody's own, a slash, and what they like. */
function keyFaults(key: string, at: string): StatusCause[] {
  const faults: StatusCause[] = [];
  const cut = key.indexOf('/');
  const [domain, path] = cut < 0 ? [key, ''] : [key.slice(0, cut), key.slice(cut + 1)];
  if (key === '') faults.push(fieldRequired(at));
  else if (domain === '' || path === '') {
    faults.push(fieldInvalid(at, key, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  } else {
    for (const text of dns1123SubdomainErrors(domain)) faults.push(fieldInvalid(at, domain, text));
    if (!new RegExp(`^${pathFormat}$`).test(path)) {
      const text = `Invalid path (regex used for validation is '${pathFormat}')`;
      faults.push(fieldInvalid(at, path, text));
    }
  }
  if (key !== key.toLowerCase()) faults.push(fieldInvalid(at, key, 'must be lowercase'));
  if (cut >= 0 && /(^|\.)(kubernetes|k8s)\.io$/.test(domain)) {
    const text = 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use';
    faults.push(fieldInvalid(at, key, text));
  }
  return faults;
}

function userRuleFaults(
  checked: Checked,
  rules: NonNullable<GivenJwt['userValidationRules']>,
  at: string,
): void {
  const seen = new Set<string>();
  for (const [i, { expression = '' }] of rules.entries()) {
    const place = `${at}[${i}].expression`;
    if (expression === '') checked.add(fieldRequired(place));
    else if (seen.has(expression)) checked.add(fieldDuplicate(place, expression));
    else checked.compile('user', expression, 'bool', place);
    seen.add(expression);
  }
}
