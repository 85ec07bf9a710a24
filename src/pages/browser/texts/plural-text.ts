// What a text looks like that depends on a number.

/** A sentence for each plural category (CLDR) that the language has. */
export type PluralText = { readonly [Category in Intl.LDMLPluralRule]?: string } & { readonly other: string };
