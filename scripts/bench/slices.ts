// Measures variants in turns, so that a slow phase of the machine affects all of them.

/** What was measured for each variant, by its name: one value for each round. */
export type Series<Value = number> = ReadonlyMap<string, readonly Value[]>;

/**
 * Measures every variant once in each round. Each round begins with another variant, so that no variant is always
 * measured after the same one.
 *
 * @param measure measures one slice of a variant
 */
export async function interleaved<Variant extends { readonly name: string }, Value>(
  variants: readonly Variant[],
  rounds: number,
  measure: (variant: Variant) => Promise<Value>,
): Promise<Series<Value>> {
  const series = new Map(variants.map(({ name }) => [name, [] as Value[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < variants.length; place += 1) {
      const variant = variants[(round + place) % variants.length] as Variant;
      series.get(variant.name)?.push(await measure(variant));
    }
  }
  return series;
}
