import type { Environment } from '@marcbachmann/cel-js';
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
} from '../object/name.ts';
import { library } from './library.ts';

/** Named formats: `format.dns1123Label().validate(text)` (k8s.io/apiserver cel/library format.go). */
export function registerFormatFunctions(environment: Environment): void {
  const { Optional } = library();
  class Formats {}
  environment
    .registerType('kubernetes.NamedFormat', Format)
    .registerType('FormatNamespace', Formats)
    .registerConstant('format', 'FormatNamespace', new Formats())
    .registerFunction(
      'FormatNamespace.named(string): optional<kubernetes.NamedFormat>',
      (_: Formats, name: string) => {
        const errors = Object.hasOwn(formats, name) ? formats[name] : undefined;
        return errors === undefined ? Optional.none() : Optional.of(new Format(errors));
      },
    )
    .registerFunction(
      'kubernetes.NamedFormat.validate(string): optional<list<string>>',
      (format: Format, text: string) => {
        const errors = format.errors(text);
        return errors.length === 0 ? Optional.none() : Optional.of([...errors]);
      },
    );
  for (const [name, errors] of Object.entries(formats)) {
    const format = new Format(errors);
    environment.registerFunction(`FormatNamespace.${name}(): kubernetes.NamedFormat`, () => format);
  }
}

type Errors = (text: string) => readonly string[];

class Format {
  readonly errors: Errors;
  constructor(errors: Errors) {
    this.errors = errors;
  }
}

/** A prefix that a generated suffix will follow may end with a dash. */
const prefix =
  (errors: Errors): Errors =>
  (text) =>
    errors(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);

const matching =
  (pattern: RegExp, why: string): Errors =>
  (text) =>
    pattern.test(text) ? [] : [why];

const uuid = /^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const day = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const moment = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const formats: Record<string, Errors> = {
  dns1123Label: dns1123LabelErrors,
  dns1123Subdomain: dns1123SubdomainErrors,
  dns1035Label: dns1035LabelErrors,
  dns1123LabelPrefix: prefix(dns1123LabelErrors),
  dns1123SubdomainPrefix: prefix(dns1123SubdomainErrors),
  dns1035LabelPrefix: prefix(dns1035LabelErrors),
  qualifiedName: labelKeyErrors,
  labelValue: labelValueErrors,
  uri: (text) => (URL.canParse(text) || text.startsWith('/') ? [] : ['invalid URI']),
  uuid: matching(uuid, 'does not match the UUID format'),
  byte: matching(base64, 'invalid base64'),
  date: (text) => (day.test(text) && !Number.isNaN(Date.parse(text)) ? [] : ['invalid date']),
  datetime: (text) =>
    moment.test(text) && !Number.isNaN(Date.parse(text)) ? [] : ['invalid datetime'],
};
