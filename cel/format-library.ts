import type { Functions } from './run/functions.ts';
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
} from '../object/name.ts';
import { Optional } from './run/values.ts';
import { urlError } from './url-library.ts';

/** Named formats: `format.dns1123Label().validate(text)` (k8s.io/apiserver cel/library format.go). */
export function registerFormatFunctions(functions: Functions): void {
  functions
    .add('format.named(string)', (name: string) => {
      const errors = Object.hasOwn(formats, name) ? formats[name] : undefined;
      return errors === undefined ? Optional.none : Optional.of(new Format(name, errors));
    })
    .add('.validate(kubernetes.NamedFormat, string)', (format: Format, text: string) => {
      const errors = format.errors(text);
      return errors.length === 0 ? Optional.none : Optional.of([...errors]);
    });
  for (const [name, errors] of Object.entries(formats)) {
    const format = new Format(name, errors);
    functions.add(`format.${name}()`, () => format);
  }
}

type Errors = (text: string) => readonly string[];

class Format {
  readonly celType = 'kubernetes.NamedFormat';
  readonly errors: Errors;
  /** About as long as upstream's pattern: what a look at a text costs. */
  readonly costSize: number;

  constructor(name: string, errors: Errors) {
    this.errors = errors;
    this.costSize = sizes[name] ?? 30;
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

const sizes: Readonly<Record<string, number>> = {
  dns1123Subdomain: 60,
  qualifiedName: 60,
  dns1123SubdomainPrefix: 60,
  labelValue: 40,
  uri: 1103,
  uuid: 72,
  byte: 84,
  date: 72,
  datetime: 72,
};

const formats: Record<string, Errors> = {
  dns1123Label: dns1123LabelErrors,
  dns1123Subdomain: dns1123SubdomainErrors,
  dns1035Label: dns1035LabelErrors,
  dns1123LabelPrefix: prefix(dns1123LabelErrors),
  dns1123SubdomainPrefix: prefix(dns1123SubdomainErrors),
  dns1035LabelPrefix: prefix(dns1035LabelErrors),
  qualifiedName: labelKeyErrors,
  labelValue: labelValueErrors,
  uri: (text) => {
    const wrong = urlError(text);
    return wrong === undefined ? [] : [wrong];
  },
  uuid: matching(uuid, 'does not match the UUID format'),
  byte: matching(base64, 'invalid base64'),
  date: (text) => (day.test(text) && !Number.isNaN(Date.parse(text)) ? [] : ['invalid date']),
  datetime: (text) =>
    moment.test(text) && !Number.isNaN(Date.parse(text)) ? [] : ['invalid datetime'],
};
