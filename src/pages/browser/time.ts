// pages, browser: durations and dates in the language of the text table.
import { strings } from './strings.js';

const dates = new Intl.DateTimeFormat(strings.language, { dateStyle: 'medium' });
const distances = new Intl.RelativeTimeFormat(strings.language, { numeric: 'auto' });
const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** 75 → `1:15` */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `3 Nov 2026`, in the reader's time zone. */
export function date(instant: string): string {
  return dates.format(new Date(instant));
}

/** `5 minutes ago`; after 30 days the date. */
export function ago(instant: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  if (seconds >= 30 * 86_400) return date(instant);
  for (const [unit, length] of units) {
    if (seconds >= length) return distances.format(-Math.floor(seconds / length), unit);
  }
  return strings.justNow;
}
