// Members without a value, left out: an optional member is there or not, but never `undefined`. Beside the vocabulary,
// since every room has such members.

/** The same members, none of which is `undefined`. */
export type Present<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** The members that have a value. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>;
}

type OptionalNames<Fields> = {
  [Name in keyof Fields]-?: Record<never, never> extends Pick<Fields, Name> ? Name : never;
}[keyof Fields];

/** The same members, where `undefined` for an optional one is as if it were not there (`exactOptionalPropertyTypes`). */
export type Loose<Fields> = Omit<Fields, OptionalNames<Fields>> & {
  readonly [Name in OptionalNames<Fields>]?: Fields[Name] | undefined;
};
