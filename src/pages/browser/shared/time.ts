// Formats durations and dates in the language of the page.
import { texts } from '../texts/page-texts.js';

// All numbers use Western digits, because the codes use them as well.
const locale = new Intl.Locale(texts.language, { numberingSystem: 'latn' });
const day = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const dates = new Intl.DateTimeFormat(locale, day);
const moments = new Intl.DateTimeFormat(locale, { ...day, hour: 'numeric', minute: '2-digit' });
const distances = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** Formats a number of seconds: 75 becomes `1:15`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Formats a number of seconds, always rounded up: 75 becomes `2 minutes`. */
export function wait(seconds: number): string {
  const [unit, length] = seconds < 60 ? (['second', 1] as const) : (['minute', 60] as const);
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Math.ceil(seconds / length));
}

/** Formats a date such as `3 Nov 2026`, in the user's time zone. */
export function date(instant: string): string {
  return dates.format(new Date(instant));
}

/** Formats a date and time such as `3 Nov 2026, 10:30`, in the user's time zone. */
export function dateTime(instant: string): string {
  return moments.format(new Date(instant));
}

/** Formats how many seconds ago something happened, such as `12 seconds ago` or `5 minutes ago`. */
export function secondsAgo(seconds: number): string {
  for (const [unit, length] of units) {
    if (seconds >= length) return distances.format(-Math.floor(seconds / length), unit);
  }
  return seconds < 1 ? texts.justNow : distances.format(-Math.floor(seconds), 'second');
}

/**
 * Formats how long ago something happened, such as `just now` or `5 minutes ago`. If it was 30 or more days ago,
 * returns the date.
 */
export function ago(instant: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  if (seconds >= 30 * 86_400) return date(instant);
  return seconds < 60 ? texts.justNow : secondsAgo(seconds);
}
