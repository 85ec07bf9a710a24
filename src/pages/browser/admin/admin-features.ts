// The features of the page `admin` that only some servers support. The document contains these features as JSON.

/** The changes of users that only some servers support. */
export interface AdminFeatures {
  /** `true` if users can be linked to rows of the server's own users table (option `hostUsers`). */
  readonly links: boolean;
  /** `true` if the directory can rename and merge users. */
  readonly renames: boolean;
}
