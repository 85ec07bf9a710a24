// The canonical form of an ES256 signature. If (r, s) is a valid signature, (r, n - s) is valid for the same text. The
// canonical signature is the one with the lower s.

/** The order n of the curve P-256 (FIPS 186-5, SP 800-186 §3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const half = order / 2n;
const partLength = 32;

/** Returns `true` if s, the second half of this signature (RFC 7518 §3.4), is the lower of the two valid values. */
export function hasLowS(signature: string): boolean {
  return sOf(Buffer.from(signature, 'base64url')) <= half;
}

/** Returns the canonical form of this signature, in base64url. */
export function withLowS(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  const s = sOf(bytes);
  if (s <= half) return signature;
  const lower = (order - s).toString(16).padStart(2 * partLength, '0');
  return Buffer.concat([bytes.subarray(0, partLength), Buffer.from(lower, 'hex')]).toString('base64url');
}

function sOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.subarray(partLength).toString('hex') || '0'}`);
}
