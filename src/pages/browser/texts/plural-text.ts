// The type of a text that depends on a number.

/** One sentence for each plural category (CLDR) of the language. */
export type PluralText = { readonly [Category in Intl.LDMLPluralRule]?: string } & { readonly other: string };
