// Builds the SQL for text searches in large tables, and for pages of the results.
import { likeAnywhere, likeWhateverCase } from './like-pattern.js';
import type { Parameters } from './query-parameters.js';

/** The indexed text of a user `u`. The expression must be identical to that of the index latchkey_users_by_text. */
const userKeys = `((latchkey_search_keys('s', u.subject)
  || latchkey_search_keys('', coalesce(u.display_name, '') || chr(10) || coalesce(u.email, ''))) COLLATE "C")`;

/** The indexed text of a device `d`. The expression must be identical to that of the index latchkey_devices_by_text. */
const deviceKeys = `(latchkey_search_keys('', d.name || chr(10) || d.client_id) COLLATE "C")`;

/** SQL conditions for a text search. */
export interface Search {
  /** Returns the condition that one of these columns contains the text. */
  in(columns: readonly string[]): string;
  /**
   * Returns a condition that an index can evaluate. The condition is true for every row that contains the text, and for
   * only a few other rows. Returns `undefined` if the text has fewer than three characters, because no index can find
   * such text.
   */
  likely(): { readonly inUser: string; readonly inSubject: string; readonly inDevice: string } | undefined;
}

/** The maximum number of keys per search. More keys would take more time, but exclude few additional rows. */
const mostKeys = 40;

/** Builds the conditions of a text search. */
export function searchFor(text: string, params: Parameters): Search {
  // The subselect hides the pattern from the planner. Otherwise the planner would compare the pattern with all values
  // in its statistics, which takes longer than the search. The planner's estimate is not needed.
  const pattern = `(SELECT ${params.add(likeAnywhere(text), 'text')})`;
  return {
    in: (columns) => likeWhateverCase(columns, pattern),
    likely: () => ([...text].length < 3 ? undefined : likely(text, params.add(text, 'text'))),
  };
}

function likely(text: string, searched: string): NonNullable<ReturnType<Search['likely']>> {
  // Each of these characters has the same lower-case form in every locale.
  const collations = /^[ -HJ-~]*$/.test(text) ? ['"C"'] : ['"C"', '"default"'];
  const having = (keys: string, marks: readonly string[]): string => {
    const asks = marks.flatMap((mark) =>
      collations.map(
        (collation) => `${keys} @> ARRAY(
          SELECT '${mark}' || substr(lowered.text, n, 3) FROM (SELECT lower(${searched} COLLATE ${collation}) AS text) AS lowered,
            generate_series(1, least(length(lowered.text) - 2, ${mostKeys})) AS n
        )`,
      ),
    );
    return `(${asks.join(' OR ')})`;
  };
  return {
    inUser: having(userKeys, ['s', '']),
    inSubject: having(userKeys, ['s']),
    inDevice: having(deviceKeys, ['']),
  };
}

/**
 * The parts of a query for one page of a list. An index can find the rows of the page, but not in the order of the
 * list.
 */
export interface RarePage {
  /**
   * FROM and WHERE clauses that find the matches among the first rows of the list. `nearby` determines how many rows
   * are read.
   */
  readonly near: string;
  /** FROM and WHERE clauses that use the index to find the matches among all rows, possibly with duplicates. */
  readonly anywhere: string;
  readonly columns: string;
  /** The ORDER BY list, which uses the names in `columns`. */
  readonly order: string;
  /** The placeholder for the number of rows in a page. */
  readonly limit: string;
}

/** Returns an SQL expression for the number of rows that `RarePage.near` reads. */
export function nearby(limit: string): string {
  return `1000 + 10 * ${limit}`;
}

/**
 * Builds one statement for a page. If many rows match, the matches among the first rows of the list fill the page. If
 * few rows match, the index finds them. The choice does not depend on the planner's estimates: the index is used only
 * if the first rows do not fill the page. The index query has no LIMIT, because with a LIMIT the planner would expect
 * an early match and scan the table.
 */
export function rarePage({ near, anywhere, columns, order, limit }: RarePage): string {
  return `near AS MATERIALIZED (SELECT ${columns} ${near} ORDER BY ${order} LIMIT ${limit}),
    anywhere AS MATERIALIZED (SELECT ${columns} ${anywhere} AND (SELECT count(*) FROM near) < ${limit})
    SELECT * FROM near WHERE (SELECT count(*) FROM near) >= ${limit}
    UNION SELECT * FROM anywhere ORDER BY ${order} LIMIT ${limit}`;
}
