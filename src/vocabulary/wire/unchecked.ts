// Defines types for JSON that has not been checked yet.

/** The names of all members of a body. For a union, these are the names from all alternatives. */
export type MemberOf<Body> = Body extends unknown ? keyof Body & string : never;

/** A body that has not been checked yet: each member may be missing or have any value. */
export type Unchecked<Body> = { readonly [Name in MemberOf<Body>]?: unknown };
