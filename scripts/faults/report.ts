// The table of docs/reliability.md.
import type { Row } from './fault.js';
import { type Outcome, questions } from './record.js';

/** All answers must be normal again within this time after a fault has ended. */
export const recoverySeconds = 3;

const headings: Readonly<Record<(typeof questions)[number], string>> = {
  header: 'header',
  session: 'session',
  token: 'token',
  pairing: 'pairing',
  change: 'change',
};

/** The table, in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['fault', 'lasted', ...questions.map((question) => headings[question]), 'normal again after'];
  const lines = rows.map((row) => [
    row.fault.name,
    inSeconds(row.lasted),
    ...questions.map((question) => cellOf(row.outcomes[question])),
    recoveryOf(row),
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The cell for one question: the answers that its users got. */
export function cellOf({ during, longest, refusedAfter }: Outcome): string {
  const { right, refused, unanswered } = during;
  const parts: string[] = [];
  const total = Object.values(during).reduce((sum, count) => sum + count, 0);
  if (right > 0 || total === 0) parts.push('answered');
  if (longest > 1000 && right > 0) parts.push(`at most ${inSeconds(longest)}`);
  if (refused > 0) {
    const late = refusedAfter !== undefined && refusedAfter > 1000 ? ` after ${inSeconds(refusedAfter)}` : '';
    const share = right > 0 ? ` (${Math.max(1, Math.round((refused / total) * 100))} %)` : '';
    parts.push(`503${late}${share}`);
  }
  if (during['signed-out'] > 0) parts.push('start again');
  if (unanswered > 0) parts.push('no answer of one server');
  if (during.wrong > 0) parts.push('**wrong**');
  return parts.join(', ');
}

function recoveryOf({ outcomes }: Row): string {
  const times = questions.map((question) => outcomes[question].normalAfter);
  return times.includes(undefined) ? '**never**' : inSeconds(Math.max(...times.map((time) => time ?? 0)));
}

/** Why the run fails, or an empty list. */
export function failuresOf(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ fault, outcomes, wrong, late, lost, doubled }) => {
    const seconds = fault.recoverySeconds ?? recoverySeconds;
    const slow = questions.filter((question) => (outcomes[question].normalAfter ?? Infinity) > seconds * 1000);
    return [
      ...wrong.map((text) => `wrong: ${text}`),
      ...lost.map((text) => `lost: ${text}`),
      ...doubled.map((text) => `doubled: ${text}`),
      ...slow.map((question) => `${question}: not normal ${seconds.toFixed(1)} s after the end; ${late.join('; ')}`),
    ].map((text) => `${fault.name}: ${text}`);
  });
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
