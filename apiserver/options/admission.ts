import { type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';
import { selectionProblems } from '../admission/plugins.ts';

/** What changes and judges writes (kubeapiserver/options/admission.go). */
export const admissionFlags = {
  'enable-admission-plugins': { kind: 'list', help: 'Admission plugins beside the default ones.' },
  'disable-admission-plugins': { kind: 'list', help: 'Default admission plugins to leave out.' },
  'admission-control': {
    kind: 'list',
    refused: 'say --enable-admission-plugins and --disable-admission-plugins',
    help: 'All admission plugins, in order (deprecated upstream).',
  },
  'admission-control-config-file': {
    kind: 'string',
    help: 'AdmissionConfiguration: settings of EventRateLimit, ImagePolicyWebhook, MutatingAdmissionWebhook, PodNodeSelector, PodSecurity, PodTolerationRestriction, ResourceQuota and ValidatingAdmissionWebhook.',
  },
  'default-not-ready-toleration-seconds': {
    kind: 'int',
    default: 300,
    help: 'How long pods without a toleration of their own stay on a node that is not ready.',
  },
  'default-unreachable-toleration-seconds': {
    kind: 'int',
    default: 300,
    help: 'How long pods without a toleration of their own stay on a node that is unreachable.',
  },
} as const satisfies FlagTable;

export interface AdmissionConfig {
  enable: readonly string[];
  disable: readonly string[];
  /** '' is none. */
  configFile: string;
  tolerationSeconds: { notReady: number; unreachable: number };
}

/** Throws FlagError. */
export function admissionConfig(flags: FlagValues<typeof admissionFlags>): AdmissionConfig {
  const enable = flags['enable-admission-plugins'];
  const disable = flags['disable-admission-plugins'];
  refuseAll(selectionProblems({ enable, disable }));
  return {
    enable,
    disable,
    configFile: flags['admission-control-config-file'],
    tolerationSeconds: {
      notReady: flags['default-not-ready-toleration-seconds'],
      unreachable: flags['default-unreachable-toleration-seconds'],
    },
  };
}
