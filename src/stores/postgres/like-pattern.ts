// Builds LIKE patterns with escaped text, for group patterns and text searches.

/** The LIKE pattern of a mapping's group. Only `*` is a wildcard. */
export function likeOf(group: string): string {
  return literal(group).replaceAll('*', '%');
}

/** As `likeOf`, for an SQL expression. E'…' has the same meaning whatever standard_conforming_strings is set to. */
export function likeOfColumn(column: string): string {
  const stands = String.raw`replace(replace(replace(${column}, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')`;
  return `replace(${stands}, '*', '%')`;
}

/** The LIKE pattern that finds the text at any position. */
export function likeAnywhere(text: string): string {
  return `%${literal(text)}%`;
}

/**
 * An SQL condition: one of the columns matches the pattern, ignoring case. The database converts both sides to lower
 * case, because its rules differ from JavaScript's. The condition compares by two collations: COLLATE "C" knows the
 * case of A to Z only, and in the database's own locale I and i may be different letters, as in Turkish.
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
