// Builds text searches in large tables, and the pages of their results.
import { likeAnywhere, likeWhateverCase } from './like-pattern.js';
import type { Parameters } from './query-parameters.js';

/** The indexed text of a user `u`. The expression must be exactly that of the index latchkey_users_by_text. */
const userKeys = `((latchkey_search_keys('s', u.subject)
  || latchkey_search_keys('', coalesce(u.display_name, '') || chr(10) || coalesce(u.email, ''))) COLLATE "C")`;

/** The indexed text of a device `d`. The expression must be exactly that of the index latchkey_devices_by_text. */
const deviceKeys = `(latchkey_search_keys('', d.name || chr(10) || d.client_id) COLLATE "C")`;

/** SQL conditions for a text search. */
export interface Search {
  /** Returns the condition that one of these columns contains the text. */
  in(columns: readonly string[]): string;
  /**
   * Returns a condition that an index can answer. The condition is true for every row that contains the text, and for
   * few other rows. Returns `undefined` for a text of fewer than three characters, which no index can find.
   */
  likely(): { readonly inUser: string; readonly inSubject: string; readonly inDevice: string } | undefined;
}

/** The maximum number of keys per search. Additional keys would exclude few more rows, and each key costs time. */
const mostKeys = 40;

/** Builds the search for a text. */
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
  // These characters have the same lower case in every locale.
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

/** The parts of a page whose rows an index can find, but not in the order of the page. */
export interface RarePage {
  /** FROM and WHERE for the matches among the first `nearby` rows in the order of the page. */
  readonly near: string;
  /** FROM and WHERE for the matches among all rows, found by the index, possibly with duplicates. */
  readonly anywhere: string;
  readonly columns: string;
  /** The ORDER BY list, with the names in `columns`. */
  readonly order: string;
  /** The parameter with the length of the page. */
  readonly limit: string;
}

/** Returns SQL for the number of rows that `RarePage.near` reads. */
export function nearby(limit: string): string {
  return `1000 + 10 * ${limit}`;
}

/**
 * Builds a page as one statement. If many rows match, the first rows in the order of the list fill the page. If few
 * rows match, the index finds them. The choice does not depend on an estimate of the planner, because the index is used
 * only if the first rows do not fill the page. The index query has no LIMIT, because with a LIMIT the planner would
 * expect an early match and scan the table.
 */
export function rarePage({ near, anywhere, columns, order, limit }: RarePage): string {
  return `near AS MATERIALIZED (SELECT ${columns} ${near} ORDER BY ${order} LIMIT ${limit}),
    anywhere AS MATERIALIZED (SELECT ${columns} ${anywhere} AND (SELECT count(*) FROM near) < ${limit})
    SELECT * FROM near WHERE (SELECT count(*) FROM near) >= ${limit}
    UNION SELECT * FROM anywhere ORDER BY ${order} LIMIT ${limit}`;
}
