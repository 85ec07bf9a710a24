// A stand-in server and a connected app, for tests of renewals.
import { type StandIn, startStandIn, type TestApp, testApp, tokenAnswer } from '../support/client-rig.js';

/** The code that the tests redeem. */
export const code = 'K7QM-2P9D-XR40';
/** The answer to requests that are not about tokens. */
export const ok = [200, {}] as const;

/** A stand-in server, and what the app sends to it. */
export interface RenewalRig {
  /** A new one for each test. */
  readonly server: StandIn;
  /** The tokens of all requests so far: `Bearer …` for a call, the token itself for a renewal. */
  sent(): readonly string[];
  /** Returns an app that is connected with the token `t.1`, which expires after 9,000 seconds. */
  connected(options?: Parameters<typeof testApp>[0]): Promise<TestApp>;
  /** Answers renewals with `renewed` and everything else with 200. */
  renewBy(...renewed: StandIn['answers'][number][]): void;
}

/** Registers the hooks that start and stop the server. */
export function useRenewals(): RenewalRig {
  let server: StandIn;
  beforeEach(async () => {
    server = await startStandIn();
  });
  afterEach(() => server.stop());

  return {
    get server() {
      return server;
    },
    sent: () => server.heard.map(({ path, headers, form }) => headers.authorization ?? form['refresh_token'] ?? path),
    async connected(options = {}) {
      const app = testApp(options);
      server.answers = [tokenAnswer('t.1', 9000), ok];
      await app.connection.redeem({ issuer: server.issuer, code });
      server.heard.length = 0;
      return app;
    },
    renewBy(...renewed) {
      server.answers = [
        (heard) => {
          if (heard.form['grant_type'] !== 'refresh_token') return ok;
          const next = renewed.length > 1 ? renewed.shift() : renewed[0];
          return (typeof next === 'function' ? next(heard) : next) ?? ok;
        },
      ];
    },
  };
}
