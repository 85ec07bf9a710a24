// Counts and traces the requests to the token endpoint.
import type { Request, Response } from 'express';
import { type Grant, type TokenOutcome, tokenOutcomes } from '../metrics/label-values.js';
import { type Telemetry, telemetry } from '../metrics/telemetry.js';
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import { isOneOf } from '../vocabulary/words.js';

/**
 * Answers a token request. Resolves to `issued` if the response is a token, or to the code of the error response.
 * Rejects if the error response is yet to be sent.
 */
export type GrantHandler = (req: Request, res: Response) => Promise<'issued' | ErrorCode>;

/** Adds the counter and the span to the handler of a grant. */
export function measuredGrant(
  measured: Telemetry = telemetry(),
  grant: Grant,
  handler: GrantHandler,
): (req: Request, res: Response) => Promise<void> {
  const outcomes = measured.counts.tokenRequests[grant];
  const countOutcome = (outcome: string): void => {
    outcomes[isOneOf<TokenOutcome>(tokenOutcomes, outcome) ? outcome : 'other'] += 1;
  };
  return async (req, res) => {
    try {
      countOutcome(await measured.inSpan('latchkey.token_request', { grant }, () => handler(req, res)));
    } catch (error) {
      countOutcome(error instanceof LatchkeyError ? error.code : 'other');
      throw error;
    }
  };
}
