// A type for tables that must have an entry for every member of another type.

/**
 * A table with a value for every member of a type, including the optional members. A table with a missing or misspelled
 * name does not compile. By default, each value is `true`.
 */
export type EveryMember<Whole, Value = true> = { readonly [Name in keyof Whole]-?: Value };
