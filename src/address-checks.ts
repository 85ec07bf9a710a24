// Checks options whose values are addresses. Each check throws an `ERR_CONFIG` error that says which value was
// expected.
import { configError } from './identity/config-error.js';
import { isSecureUrl } from './tokens/secure-url.js';

/** Checks the address of the page `activate`. */
export function checkVerificationUri(name: string, value: unknown): void {
  if (value !== undefined && (!isSecureUrl(value) || value.includes('#'))) {
    const expected = 'an https address without a fragment, such as https://music.example.com/auth/activate';
    throw configError(name, expected, value);
  }
}

/** Checks an address to which pages link or redirect. */
export function checkLink(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value))) return;
  const expected = 'an https address (http for localhost) or a path that begins with one slash';
  if (!isSecureUrl(value)) throw configError(name, expected, value);
}

/** Checks a list of origins of other sites. */
export function checkOrigins(name: string, value: unknown): void {
  const expected = "a list of origins such as 'https://app.example.com'";
  const origins: unknown = value ?? [];
  if (!Array.isArray(origins)) throw configError(name, expected, origins);
  for (const origin of origins) {
    if (!isOrigin(origin)) throw configError(name, expected, origin);
  }
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
