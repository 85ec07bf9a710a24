// A type for tables that must name every member of another type.

/**
 * A table with a value for every member of a type, optional ones included. It does not compile if a name is missing or
 * misspelled. Default value: `true`.
 */
export type EveryMember<Whole, Value = true> = { readonly [Name in keyof Whole]-?: Value };
