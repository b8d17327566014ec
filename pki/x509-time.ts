/** Times in certificates (RFC 5280 section 4.1.2.5), as Go reads them. */

const forms = {
  UTCTime: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/,
  GeneralizedTime: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})$/,
};

/** Two digits of a year from here on are of the last century. */
const lastCentury = 69;

export function isTime(text: string, form: keyof typeof forms): boolean {
  const match = forms[form].exec(text);
  if (match === null) return false;
  const numbers = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const [said, month, day, hour, minute, second] = numbers;
  const century = form === 'GeneralizedTime' ? 0 : said < lastCentury ? 2000 : 1900;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, century + said)) return false;
  if (hour > 23 || minute > 59 || (match[6] !== undefined && second > 59)) return false;
  return isZone(match[7] ?? 'Z');
}

function daysIn(month: number, year: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** Written as Go would: none is `Z`. */
function isZone(zone: string): boolean {
  if (zone === 'Z') return true;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3))];
  return hours <= 24 && minutes < 60 && hours + minutes > 0;
}
