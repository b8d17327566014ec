/** Kubernetes' version whose API is served; clients decide by it what they may send. */
export const gitVersion = 'v1.36.2';

/** The minor version that is emulated: always the served one. */
export const emulatedVersion = '1.36';

const goArchitectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64', ia32: '386' };

/**
 * GET /version (k8s.io/apimachinery version.Info). gitVersion, major and minor are the contract
 * that is served; the rest says honestly what runs. gitCommit and gitTreeState belong to an
 * upstream build, so they stay empty unless the build sets them.
 */
export function versionDocument(
  build: { gitVersion?: string; gitCommit?: string; buildDate?: string } = {},
): Record<string, string> {
  // not imported: that opens the standard streams
  const { arch, platform, version } = process;
  return {
    major: '1',
    minor: '36',
    emulationMajor: '1',
    emulationMinor: '36',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '35',
    gitVersion: build.gitVersion ?? gitVersion,
    gitCommit: build.gitCommit ?? '',
    gitTreeState: '',
    buildDate: build.buildDate ?? '',
    goVersion: `node ${version}`,
    compiler: 'node',
    platform: `${platform}/${goArchitectures[arch] ?? arch}`,
  };
}
