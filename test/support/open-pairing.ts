// The JSON of a pairing that a browser has just opened.
import type { WirePairing } from '../../src/vocabulary/wire/pairing-json.js';

/** The answer to POST `pairings`. */
export type OpenPairing = { readonly [Name in 'id' | 'code' | 'uri']: NonNullable<WirePairing[Name]> };
