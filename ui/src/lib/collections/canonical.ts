// The one text of a number, a date or a date-time: two values are equal when their canonical texts are. The same rules as
// the model crate's `canonical`, held together by tests/vectors/model. A number is never a JavaScript number here.

/** The canonical form, or what is wrong as the end of a sentence ("must be a whole number"). */
export type Taken<T = string> = { is: T } | { not: string };

const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;
/** The most digits of a decimal before the point. */
const WHOLE_DIGITS_MAX = 20;
/** The most decimal places. */
const SCALE_MAX = 18;
/** The most digits of a second's fraction: those that Python and PostgreSQL keep. */
const FRACTION_MAX = 6;

const NO_DECIMAL = "must be a decimal number such as 12.5";
const NO_DATE = "must be a date such as 2026-11-01";
const NO_DATE_TIME = "must be a date and time with zone, such as 2026-11-01T09:30:00+01:00";

/** A whole number of 64 bits: no sign but `-`, no leading zeros, no `-0`. */
export function integer(text: string): Taken {
  if (!/^-?\d+$/.test(text)) return { not: "must be a whole number" };
  if (/^-?0\d/.test(text)) return { not: "must be a whole number without leading zeros" };
  const number = BigInt(text);
  const isIn = number >= INTEGER_MIN && number <= INTEGER_MAX;
  return isIn ? { is: String(number) } : { not: `must be between ${INTEGER_MIN} and ${INTEGER_MAX}` };
}

/** An exact decimal: no leading zeros, none at the end of the fraction, no `-0`, no exponent. */
export function decimal(text: string, scale: number): Taken {
  const [, sign = "", whole = "", digits = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === "") return { not: NO_DECIMAL };
  if (/^0\d/.test(whole)) return { not: "must be a decimal number without leading zeros" };
  if (whole.length > WHOLE_DIGITS_MAX)
    return { not: `must have at most ${WHOLE_DIGITS_MAX} digits before the point` };
  const fraction = digits.replace(/0+$/, "");
  if (fraction.length > scale) return { not: placesAtMost(scale) };
  if (whole === "0" && fraction === "") return { is: "0" };
  return { is: `${sign}${whole}${fraction && `.${fraction}`}` };
}

function placesAtMost(scale: number): string {
  if (scale === 0) return "must have no decimal places";
  return `must have at most ${scale} decimal ${scale === 1 ? "place" : "places"}`;
}

/** Less than 0 where the first of two canonical numbers is the smaller one, more than 0 where it is the greater one. */
export function compareNumbers(a: string, b: string): number {
  const [left, right] = [scaled(a), scaled(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaled(number: string): bigint {
  const [whole = "0", fraction = ""] = number.split(".");
  return BigInt(whole + fraction.padEnd(SCALE_MAX, "0"));
}

/** `YYYY-MM-DD`, from year 1 to 9999. */
export function date(text: string): Taken {
  return isDate(text) ? { is: text } : { not: NO_DATE };
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return false;
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number);
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return isLeap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/**
 * RFC 3339 with capital `T` and `Z`; the offset as it was given, but `Z` for one of nothing; the fraction without zeros at
 * its end. Leap seconds, which no database keeps, are refused.
 */
export function dateTime(text: string): Taken {
  const parts = /^(.{10})[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-](\d\d):(\d\d))$/.exec(text);
  const [, day = "", hour = "", minute = "", second = "", digits = "", zone = "", ...offset] = parts ?? [];
  const [hours = "0", minutes = "0"] = offset;
  const isTime = isBelow(hour, 24) && isBelow(minute, 60) && isBelow(second, 60);
  if (!parts || !isDate(day) || !isTime || !isBelow(hours, 24) || !isBelow(minutes, 60))
    return { not: NO_DATE_TIME };
  const fraction = digits.replace(/0+$/, "");
  if (fraction.length > FRACTION_MAX)
    return { not: `must have at most ${FRACTION_MAX} digits after the second` };
  const isUtc = Number(hours) === 0 && Number(minutes) === 0;
  return { is: `${day}T${hour}:${minute}:${second}${fraction && `.${fraction}`}${isUtc ? "Z" : zone}` };
}

function isBelow(digits: string, end: number): boolean {
  return Number(digits) < end;
}
