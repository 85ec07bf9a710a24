// Builds LIKE patterns with escaped text, for group patterns and text searches.

/** Returns the LIKE pattern for the group of a mapping. In the group, only `*` is a wildcard. */
export function likeOf(group: string): string {
  return literal(group).replaceAll('*', '%');
}

/**
 * Does the same as `likeOf`, for an SQL expression. The strings have the form E'…', because the meaning of this form
 * does not depend on `standard_conforming_strings`.
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
 * Returns the SQL condition that one of the columns matches the pattern, ignoring case. The database converts both
 * sides to lower case, because its rules for case differ from the rules of JavaScript. The condition compares by two
 * collations, because neither is enough: COLLATE "C" knows the case of A to Z only. In the database's own locale, I and
 * i can be different letters, for example in Turkish.
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
