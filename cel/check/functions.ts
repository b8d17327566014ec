/**
 * What can be called, with what and to what result: one overload to a line, a dot before those that
 * are called on a value. Sources: cel-go common/stdlib/standard.go, cel/library.go, ext/*.go;
 * k8s.io/apiserver cel/library/*.go.
 */
const operators = `
_?_:_(bool, A, A): A
_&&_(bool, bool): bool
_||_(bool, bool): bool
!_(bool): bool
@not_strictly_false(bool): bool
_==_(A, A): bool
_!=_(A, A): bool
_[_](list<A>, int): A
_[_](map<A, B>, A): B
_[_](optional<list<A>>, int): optional<A>
_[_](optional<map<A, B>>, A): optional<B>
_[?_](list<A>, int): optional<A>
_[?_](optional<list<A>>, int): optional<A>
_[?_](map<A, B>, A): optional<B>
_[?_](optional<map<A, B>>, A): optional<B>
@in(A, list<A>): bool
@in(A, map<A, B>): bool
-_(double): double
-_(int): int
_+_(bytes, bytes): bytes
_+_(double, double): double
_+_(duration, duration): duration
_+_(duration, timestamp): timestamp
_+_(timestamp, duration): timestamp
_+_(int, int): int
_+_(list<A>, list<A>): list<A>
_+_(string, string): string
_+_(uint, uint): uint
_-_(double, double): double
_-_(duration, duration): duration
_-_(int, int): int
_-_(timestamp, duration): timestamp
_-_(timestamp, timestamp): duration
_-_(uint, uint): uint
_*_(double, double): double
_*_(int, int): int
_*_(uint, uint): uint
_/_(double, double): double
_/_(int, int): int
_/_(uint, uint): uint
_%_(int, int): int
_%_(uint, uint): uint`;

const conversions = `
type(A): type<A>
dyn(A): dyn
bool(bool): bool
bool(string): bool
bytes(bytes): bytes
bytes(string): bytes
double(double): double
double(int): double
double(string): double
double(uint): double
duration(duration): duration
duration(string): duration
int(int): int
int(double): int
int(duration): int
int(string): int
int(timestamp): int
int(uint): int
string(string): string
string(bool): string
string(bytes): string
string(double): string
string(duration): string
string(int): string
string(timestamp): string
string(uint): string
string(net.IP): string
string(net.CIDR): string
timestamp(timestamp): timestamp
timestamp(int): timestamp
timestamp(string): timestamp
uint(uint): uint
uint(double): uint
uint(int): uint
uint(string): uint`;

const texts = `
size(bytes): int
size(list<A>): int
size(map<A, B>): int
size(string): int
.size(bytes): int
.size(list<A>): int
.size(map<A, B>): int
.size(string): int
.contains(string, string): bool
.endsWith(string, string): bool
.startsWith(string, string): bool
matches(string, string): bool
.matches(string, string): bool
.charAt(string, int): string
.indexOf(string, string): int
.indexOf(string, string, int): int
.lastIndexOf(string, string): int
.lastIndexOf(string, string, int): int
.lowerAscii(string): string
.upperAscii(string): string
.replace(string, string, string): string
.replace(string, string, string, int): string
.split(string, string): list<string>
.split(string, string, int): list<string>
.substring(string, int): string
.substring(string, int, int): string
.trim(string): string
.format(string, list<dyn>): string
strings.quote(string): string
.join(list<string>): string
.join(list<string>, string): string
.find(string, string): string
.findAll(string, string): list<string>
.findAll(string, string, int): list<string>`;

const optionals = `
optional.of(A): optional<A>
optional.ofNonZeroValue(A): optional<A>
optional.none(): optional<A>
.value(optional<A>): A
.hasValue(optional<A>): bool
.or(optional<A>, optional<A>): optional<A>
.orValue(optional<A>, A): A
.last(list<A>): optional<A>
.first(list<A>): optional<A>
optional.unwrap(list<optional<A>>): list<A>
.unwrapOpt(list<optional<A>>): list<A>`;

const lists = `
.indexOf(list<A>, A): int
.lastIndexOf(list<A>, A): int
.slice(list<A>, int, int): list<A>
.flatten(list<list<A>>): list<A>
.flatten(list<dyn>, int): list<dyn>
lists.range(int): list<int>
.reverse(list<A>): list<A>
.distinct(list<A>): list<A>
sets.contains(list<A>, list<A>): bool
sets.equivalent(list<A>, list<A>): bool
sets.intersects(list<A>, list<A>): bool
cel.@mapInsert(map<A, B>, A, B): map<A, B>
cel.@mapInsert(map<A, B>, map<A, B>): map<A, B>`;

const networks = `
url(string): kubernetes.URL
isURL(string): bool
.getScheme(kubernetes.URL): string
.getHost(kubernetes.URL): string
.getHostname(kubernetes.URL): string
.getPort(kubernetes.URL): string
.getEscapedPath(kubernetes.URL): string
.getQuery(kubernetes.URL): map<string, list<string>>
ip(string): net.IP
isIP(string): bool
ip.isCanonical(string): bool
.family(net.IP): int
.isUnspecified(net.IP): bool
.isLoopback(net.IP): bool
.isLinkLocalMulticast(net.IP): bool
.isLinkLocalUnicast(net.IP): bool
.isGlobalUnicast(net.IP): bool
cidr(string): net.CIDR
isCIDR(string): bool
.containsIP(net.CIDR, string): bool
.containsIP(net.CIDR, net.IP): bool
.containsCIDR(net.CIDR, string): bool
.containsCIDR(net.CIDR, net.CIDR): bool
.ip(net.CIDR): net.IP
.prefixLength(net.CIDR): int
.masked(net.CIDR): net.CIDR`;

const values = `
quantity(string): kubernetes.Quantity
isQuantity(string): bool
sign(kubernetes.Quantity): int
.isGreaterThan(kubernetes.Quantity, kubernetes.Quantity): bool
.isLessThan(kubernetes.Quantity, kubernetes.Quantity): bool
.compareTo(kubernetes.Quantity, kubernetes.Quantity): int
.asApproximateFloat(kubernetes.Quantity): double
.asInteger(kubernetes.Quantity): int
.isInteger(kubernetes.Quantity): bool
.add(kubernetes.Quantity, kubernetes.Quantity): kubernetes.Quantity
.add(kubernetes.Quantity, int): kubernetes.Quantity
.sub(kubernetes.Quantity, kubernetes.Quantity): kubernetes.Quantity
.sub(kubernetes.Quantity, int): kubernetes.Quantity
semver(string): kubernetes.Semver
semver(string, bool): kubernetes.Semver
isSemver(string): bool
isSemver(string, bool): bool
.isGreaterThan(kubernetes.Semver, kubernetes.Semver): bool
.isLessThan(kubernetes.Semver, kubernetes.Semver): bool
.compareTo(kubernetes.Semver, kubernetes.Semver): int
.major(kubernetes.Semver): int
.minor(kubernetes.Semver): int
.patch(kubernetes.Semver): int
format.named(string): optional<kubernetes.NamedFormat>
.validate(kubernetes.NamedFormat, string): optional<list<string>>`;

const authorization = `
.path(auth.Authorizer, string): auth.PathCheck
.group(auth.Authorizer, string): auth.GroupCheck
.serviceAccount(auth.Authorizer, string, string): auth.Authorizer
.resource(auth.GroupCheck, string): auth.ResourceCheck
.subresource(auth.ResourceCheck, string): auth.ResourceCheck
.namespace(auth.ResourceCheck, string): auth.ResourceCheck
.name(auth.ResourceCheck, string): auth.ResourceCheck
.fieldSelector(auth.ResourceCheck, string): auth.ResourceCheck
.labelSelector(auth.ResourceCheck, string): auth.ResourceCheck
.check(auth.PathCheck, string): auth.Decision
.check(auth.ResourceCheck, string): auth.Decision
.errored(auth.Decision): bool
.error(auth.Decision): string
.allowed(auth.Decision): bool
.reason(auth.Decision): string`.replaceAll('auth.', 'kubernetes.authorization.');

/** One line for every one of some types. */
function each(types: string, line: (type: string) => string): string {
  return types
    .split(' ')
    .map((type) => `\n${line(type)}`)
    .join('');
}

const alike = 'bool int uint double string bytes timestamp duration';
const numbers = ['int', 'uint', 'double'];

const comparisons = ['<', '<=', '>', '>=']
  .map(
    (sign) =>
      each(alike, (type) => `_${sign}_(${type}, ${type}): bool`) +
      numbers
        .flatMap((a) => numbers.filter((b) => b !== a).map((b) => `\n_${sign}_(${a}, ${b}): bool`))
        .join(''),
  )
  .join('');

const comparable = 'int uint double bool duration timestamp string bytes';
const ordered =
  each(comparable, (type) => `.isSorted(list<${type}>): bool`) +
  each('int uint double duration', (type) => `.sum(list<${type}>): ${type}`) +
  each(comparable, (type) => `.max(list<${type}>): ${type}`) +
  each(comparable, (type) => `.min(list<${type}>): ${type}`) +
  each(comparable, (type) => `.sort(list<${type}>): list<${type}>`) +
  each(comparable, (type) => `.@sortByAssociatedKeys(list<A>, list<${type}>): list<A>`);

const dates = 'getFullYear getMonth getDayOfYear getDayOfMonth getDate getDayOfWeek';
const hours = 'getHours getMinutes getSeconds getMilliseconds';
const times =
  each(
    `${dates} ${hours}`,
    (name) => `.${name}(timestamp): int\n.${name}(timestamp, string): int`,
  ) + each(hours, (name) => `.${name}(duration): int`);

const formats = each(
  'dns1123Label dns1123Subdomain dns1035Label qualifiedName dns1123LabelPrefix dns1123SubdomainPrefix dns1035LabelPrefix labelValue uri uuid byte date datetime',
  (name) => `format.${name}(): kubernetes.NamedFormat`,
);

export const functions: string = [
  operators,
  comparisons,
  conversions,
  texts,
  times,
  optionals,
  lists,
  ordered,
  networks,
  values,
  formats,
  authorization,
].join('');

/** Only where mutations are written. */
export const patchFunctions = '\njsonpatch.escapeKey(string): string';
