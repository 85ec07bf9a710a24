// The settings of closing-server.ts, and what it prints at its end.

/** The settings of the program. */
export interface ClosingSettings {
  readonly port: number;
  readonly postgres: { readonly port: number; readonly database: string };
  readonly redis: number;
}

/** What the server prints when everything is closed. */
export interface Closed {
  /** The ids of all requests that the server has received. */
  readonly received: readonly string[];
  /** Error events, process warnings and failures of the shutdown. */
  readonly complaints: readonly string[];
}

/** The text before the JSON of `Closed`. */
export const closedMark = 'CLOSED ';
