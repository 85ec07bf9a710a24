// The JSON of errors, for routes that browsers use.
import type { ErrorCode } from '../errors.js';

/** An error of a route for browsers, as problem details (RFC 9457). */
export interface ProblemResponse {
  /** A URN that ends with the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
}
