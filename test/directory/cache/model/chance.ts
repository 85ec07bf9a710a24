// Random decisions that depend only on a seed, so that a run can be repeated.
import type { Fate } from './link.js';
import type { Malice } from './shared-state.js';

/** Returns a number from 0 up to 1 that depends on the seed, the name and how often that name was used before. */
export type Chance = (name: string) => number;

/** Draws by name, so that leaving out one step of a run changes the other decisions as little as possible. */
export function chance(seed: number): Chance {
  const times = new Map<string, number>();
  return (name) => {
    const before = times.get(name) ?? 0;
    times.set(name, before + 1);
    return mixed(`${name} ${before}`, seed) / 2 ** 32;
  };
}

function mixed(text: string, seed: number): number {
  let hash = 2_166_136_261 ^ seed;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Usually very short, sometimes longer, rarely longer than any process waits. */
function delay(luck: number, roughness: number): number {
  const smooth = 1 - 0.2 * roughness;
  if (luck < smooth) return (luck / smooth) * 4;
  const rest = (luck - smooth) / (1 - smooth);
  return rest < 0.6 ? 5 + rest * 500 : 300 + ((rest - 0.6) / 0.4) ** 2 * 11_000;
}

/**
 * The outcomes of statements.
 *
 * @param roughness from 0, where nothing fails, to 1
 */
export function fates(luck: Chance, roughness: () => number): (host: { readonly name: string }, verb: string) => Fate {
  return ({ name }, verb) => {
    const draw = (what: string) => luck(`${name} ${verb} ${what}`);
    const outcome = draw('outcome');
    const request = delay(draw('request'), roughness());
    const answer = delay(draw('answer'), roughness());
    if (outcome < 0.02 * roughness()) return { request, answer, outcome: 'refused' };
    return { request, answer, outcome: outcome < 0.04 * roughness() ? 'lost' : 'answered' };
  };
}

/** A shared state that answers with arbitrary old values. */
export function malice(luck: Chance, roughness: () => number): Malice {
  return {
    answer({ name }, key, values) {
      const what = luck(`${name} ${key} what`);
      if (what < 0.25) return undefined;
      if (what < 0.5) return values.at(-1);
      return values[Math.floor(luck(`${name} ${key} which`) * values.length)];
    },
    fate: ({ name }) => ({
      fails: luck(`${name} state fails`) < 0.1 * roughness(),
      delay: delay(luck(`${name} state delay`), roughness()),
    }),
    deliveries({ name }) {
      const what = luck(`${name} bell`);
      const wait = () => delay(luck(`${name} bell delay`), roughness());
      if (what < 0.3 * roughness()) return [];
      return what > 0.9 ? [wait(), wait()] : [wait()];
    },
  };
}
