// Builds LIKE patterns with escaped text, for group patterns and text searches.

/** Returns the LIKE pattern for the group of a mapping. In the group, only `*` is a wildcard. */
export function likeOf(group: string): string {
  return literal(group).replaceAll('*', '%');
}

/**
 * Returns an SQL expression that does the same as `likeOf`. The string literals have the form E'…', because the meaning
 * of this form does not depend on `standard_conforming_strings`.
 */
export function likeOfColumn(column: string): string {
  const stands = String.raw`replace(replace(replace(${column}, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')`;
  return `replace(${stands}, '*', '%')`;
}

/** Returns the LIKE pattern that finds the text at any position. */
export function likeAnywhere(text: string): string {
  return `%${literal(text)}%`;
}

/**
 * Returns the SQL condition that one of the columns matches the pattern, ignoring case. The database compares the text,
 * because its rules for case differ from the rules of JavaScript. The condition uses two collations, because neither is
 * sufficient. COLLATE "C" ignores the case of A to Z only. In the database's own locale, such as Turkish, I and i may
 * be different letters.
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
