// Options with changes that the types forbid, and how Latchkey refuses them.
import { expect } from 'chai';
import { LatchkeyError, type LatchkeyOptions, latchkey, memoryDirectory, memoryState } from '../../src/index.js';

const secret = 'a secret of at least thirty-two bytes';

/** A whole, correct set of options with these changes. */
export function options(changes: Record<string, unknown> = {}): LatchkeyOptions {
  const whole = {
    trustedProxies: ['loopback'],
    headers: 'authelia',
    directory: memoryDirectory(),
    state: memoryState(),
    unguardedPaths: ['/api'],
    tokens: { keys: [{ kid: '1', secret }], issuer: 'https://api.example.com/api/auth' },
    quickConnect: { appLink: 'https://app.example.com/link' },
    ...changes,
  };
  // The point is to hand in what the types forbid.
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => value !== undefined),
  ) as unknown as LatchkeyOptions;
}

/** The message with which Latchkey refuses these changes of the options. @throws if it accepts them */
export function refusal(changes: Record<string, unknown>): string {
  try {
    latchkey(options(changes));
  } catch (error) {
    expect(error).to.be.instanceOf(LatchkeyError);
    expect(error).to.have.property('code', 'ERR_CONFIG');
    return (error as Error).message;
  }
  throw new Error(`accepted ${JSON.stringify(changes)}`);
}

/** The option `tokens` with these changes. */
export const tokens = (changes: object): Record<string, unknown> => ({
  keys: [{ kid: '1', secret }],
  issuer: 'https://api.example.com/api/auth',
  ...changes,
});

/** The option `proxySecret`. */
export const proof: Record<string, unknown> = { proxySecret: { header: 'X-Proof', values: ['0123456789-abcdef'] } };

/** A server that may introspect tokens, with these changes. */
export const asker = (changes: object): Record<string, unknown> => ({
  clientId: 'reports',
  secret: 's'.repeat(32),
  ...changes,
});
