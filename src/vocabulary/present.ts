// Removes fields whose value is `undefined`: an optional field is either present with a value or absent. In
// vocabulary/, because every module has such fields.

/** The same fields, all optional and none of them `undefined`. */
export type Present<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Returns the fields that have a value. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>;
}

type OptionalNames<Fields> = {
  [Name in keyof Fields]-?: Record<never, never> extends Pick<Fields, Name> ? Name : never;
}[keyof Fields];

/** The same fields, where an optional field may also be `undefined` (for `exactOptionalPropertyTypes`). */
export type Loose<Fields> = Omit<Fields, OptionalNames<Fields>> & {
  readonly [Name in OptionalNames<Fields>]?: Fields[Name] | undefined;
};
