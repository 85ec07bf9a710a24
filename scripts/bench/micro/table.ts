// The table that `npm run bench:micro` prints.
import type { Series } from '../slices.js';
import { parts, quantile, undisturbed } from '../statistics.js';

/** A row's variant. */
interface Row {
  readonly name: string;
  readonly baseline?: string;
}

/** The number of parts of a run whose results are compared with each other. A run has at least as many rounds. */
export const partCount: number = 4;

/**
 * Returns the table. A cost is the first decile of the CPU times. The column `in parts` shows the smallest and the
 * greatest difference of the parts of the run. They show how much a result varies.
 */
export function microTable(variants: readonly Row[], series: Series): string {
  const timesOf = (name: string): readonly number[] => series.get(name) ?? [];
  const rows = variants.map(({ name, baseline }) => {
    const own = timesOf(name);
    const cells = [name, undisturbed(own).toFixed(2), quantile(own, 0.5).toFixed(2)];
    if (baseline === undefined) return [...cells, '', '', ''];
    const base = timesOf(baseline);
    const baseParts = parts(base, partCount);
    const differences = parts(own, partCount).map(
      (times, part) => undisturbed(times) - undisturbed(baseParts[part] ?? []),
    );
    return [
      ...cells,
      signed(undisturbed(own) - undisturbed(base)),
      `${signed(Math.min(...differences))} to ${signed(Math.max(...differences))}`,
      (undisturbed(base) / undisturbed(own)).toFixed(3),
    ];
  });
  return aligned([['variant', 'µs/request', 'median', 'more than baseline', 'in parts', 'ratio'], ...rows]);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** Returns lines whose columns have the same width in all rows. The first column is aligned to the left. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
