// Finding text among many rows, and pages of what was found.
import { likeAnywhere, likeWhateverCase } from './like-pattern.js';
import type { Parameters } from './query-parameters.js';

/** The indexed text of a user `u`: as latchkey_users_by_text has it. */
const userKeys = `((latchkey_search_keys('s', u.subject)
  || latchkey_search_keys('', coalesce(u.display_name, '') || chr(10) || coalesce(u.email, ''))) COLLATE "C")`;

/** The indexed text of a device `d`: as latchkey_devices_by_text has it. */
const deviceKeys = `(latchkey_search_keys('', d.name || chr(10) || d.client_id) COLLATE "C")`;

/** A text to search for, as SQL. */
export interface Search {
  /** Whether one of these columns contains it. */
  in(columns: readonly string[]): string;
  /**
   * What is true of each row that it is in, and of few others: an index answers it. `undefined` for less than three
   * characters, which no index finds.
   */
  likely(): { readonly inUser: string; readonly inSubject: string; readonly inDevice: string } | undefined;
}

/** More say little more about a row, and each takes its time. */
const mostKeys = 40;

/** The search for a text. */
export function searchFor(text: string, params: Parameters): Search {
  // Selected, so that the planner does not know it: it would compare it with all that its statistics hold, which takes longer
  // than the search, and nothing rests on what it expects.
  const pattern = `(SELECT ${params.add(likeAnywhere(text), 'text')})`;
  return {
    in: (columns) => likeWhateverCase(columns, pattern),
    likely: () => ([...text].length < 3 ? undefined : likely(text, params.add(text, 'text'))),
  };
}

function likely(text: string, searched: string): NonNullable<ReturnType<Search['likely']>> {
  // Every locale knows but one lower case of these.
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

/** A page of rows that an index can find, but not in the order of the page. */
export interface RarePage {
  /** The rows among the first ones in the order of the page, of which there are as many as `nearby` says: FROM and WHERE. */
  readonly near: string;
  /** The same rows among all, found by the index, perhaps more than once: FROM and WHERE. */
  readonly anywhere: string;
  readonly columns: string;
  /** By names of `columns`. */
  readonly order: string;
  /** The parameter with the page's length. */
  readonly limit: string;
}

/** How many rows `RarePage.near` looks at: SQL. */
export function nearby(limit: string): string {
  return `1000 + 10 * ${limit}`;
}

/**
 * A page as one statement. Where many rows are found, a few of those in the order of the page fill it; where few are, the index
 * finds them. No estimate of the planner's decides which of the two it is: all are asked only where those nearby do not fill
 * the page. And they are asked without a LIMIT: for a few of many rows the planner would hope to meet them soon, and read the table.
 */
export function rarePage({ near, anywhere, columns, order, limit }: RarePage): string {
  return `near AS MATERIALIZED (SELECT ${columns} ${near} ORDER BY ${order} LIMIT ${limit}),
    anywhere AS MATERIALIZED (SELECT ${columns} ${anywhere} AND (SELECT count(*) FROM near) < ${limit})
    SELECT * FROM near WHERE (SELECT count(*) FROM near) >= ${limit}
    UNION SELECT * FROM anywhere ORDER BY ${order} LIMIT ${limit}`;
}
