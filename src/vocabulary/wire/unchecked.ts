// Types for JSON before it is checked.

/** The names of all members of a body. For a union, these are the names of the members of each alternative. */
export type MemberOf<Body> = Body extends unknown ? keyof Body & string : never;

/** A body as its receiver sees it before any check: each member can be missing or have any value. */
export type Unchecked<Body> = { readonly [Name in MemberOf<Body>]?: unknown };
