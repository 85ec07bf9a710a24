// What LIKE is given, so that text stands for itself: patterns of groups, and searches for text anywhere.

/** The LIKE pattern of a mapping's group: everything stands for itself, but `*`. */
export function likeOf(group: string): string {
  return literal(group).replaceAll('*', '%');
}

/** As `likeOf`, of an SQL expression. E'…' reads the same whatever standard_conforming_strings says. */
export function likeOfColumn(column: string): string {
  const stands = String.raw`replace(replace(replace(${column}, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')`;
  return `replace(${stands}, '*', '%')`;
}

/** The LIKE pattern that finds the text anywhere. */
export function likeAnywhere(text: string): string {
  return `%${literal(text)}%`;
}

/**
 * Whether one of the columns is like the pattern, whatever the case: SQL. The database lowers both sides, since its rules
 * are not JavaScript's. It asks twice: a column may be under COLLATE "C", which knows the case of A to Z only, and the
 * database's own locale may take I and i for different letters, as the Turkish one does.
 */
export function likeWhateverCase(columns: readonly string[], pattern: string): string {
  const asks = ['"default"', '"C"'].flatMap((collation) =>
    columns.map((column) => `${column} COLLATE ${collation} ILIKE ${pattern}`),
  );
  return `(${asks.join(' OR ')})`;
}

function literal(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
