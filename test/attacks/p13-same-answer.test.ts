// P13: timing or wording shows whether a code exists.
import { expect } from 'chai';
import type { Proof } from '../../src/pairing/input.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { type PairingRig, pairingRig, proofOf, start, wrongCode } from '../support/pairing-rig.js';
import { type TappedState, tapped } from '../support/tapped-state.js';

type Case = (rig: PairingRig) => Promise<Proof>;

/** Invalid typed codes. */
const codes: Record<string, Case> = {
  'an unknown locator': async () => ({ code: 'ZZZZ-0000-0000' }),
  'something that is no code': async () => ({ code: 'open sesame' }),
  'a wrong code': async ({ pairings, alice }) => ({ code: wrongCode((await pairings.open(alice)).code) }),
  'an expired code': async ({ pairings, alice, clock }) => {
    const { code = '' } = await pairings.open(alice);
    clock.now += 300_000;
    return { code };
  },
  'a cancelled code': async ({ pairings, alice }) => {
    const { id, code = '' } = await pairings.open(alice);
    await pairings.cancel(alice, id);
    return { code };
  },
  'a burned code': async ({ pairings, alice, outcome }) => {
    const { code = '' } = await pairings.open(alice);
    for (let guess = 0; guess < 5; guess += 1) await outcome(wrongCode(code, guess));
    return { code };
  },
  'a wrong code of a redeemed pairing': async ({ pairings, alice, redeem }) => {
    const { code = '' } = await pairings.open(alice);
    await redeem(code);
    return { code: wrongCode(code) };
  },
};

/** Invalid QR secrets. */
const secrets: Record<string, Case> = {
  'an unknown pairing': async () => ({ id: '00000000-0000-4000-8000-000000000000', secret: 'x'.repeat(22) }),
  'an id that is none': async () => ({ id: '__proto__', secret: 'x'.repeat(22) }),
  'a wrong secret': async ({ pairings, alice }) => ({ id: (await pairings.open(alice)).id, secret: 'x'.repeat(22) }),
  'a secret of another length': async ({ pairings, alice }) => ({ id: (await pairings.open(alice)).id, secret: 'x' }),
  'the secret of an expired pairing': async ({ pairings, alice, clock }) => {
    const proof = proofOf((await pairings.open(alice)).uri);
    clock.now += 300_000;
    return proof;
  },
  'the secret of a cancelled pairing': async ({ pairings, alice }) => {
    const { id, uri } = await pairings.open(alice);
    await pairings.cancel(alice, id);
    return proofOf(uri);
  },
};

describe('P13: the answer to an invalid code', () => {
  let tap: TappedState;
  let rig: PairingRig;
  beforeEach(async () => {
    const clock = { now: start };
    tap = tapped(memoryState({ now: () => clock.now }));
    rig = { ...(await pairingRig({ state: tap.state })), clock };
  });

  /** Returns the answer and its work: the commands of the state, and the secrets derived for comparison. */
  async function tried(proof: Proof): Promise<{ answer: unknown; work: unknown }> {
    tap.calls.length = 0;
    rig.derived.length = 0;
    const error: unknown = await rig.redeem(proof, { address: '203.0.113.1' }).catch((thrown: unknown) => thrown);
    if (!(error instanceof LatchkeyError)) throw new Error('was accepted');
    const { code, status, title, message, oauthCode, expose, retryAfterSeconds, cause } = error;
    const members = Object.keys(error).sort();
    return {
      answer: { code, status, title, message, oauthCode, expose, retryAfterSeconds, cause, members },
      work: {
        state: tap.calls.map((call) => call.verb),
        derived: rig.derived.map((info) => info.split('/').slice(0, -1).join('/')),
      },
    };
  }

  for (const cases of [codes, secrets]) {
    const [[referenceName, prepareReference], ...others] = Object.entries(cases) as [
      [string, Case],
      ...[string, Case][],
    ];
    for (const [name, prepare] of others) {
      it(`is the same for ${name} as for ${referenceName}, after the same work`, async () => {
        const expected = await tried(await prepareReference(rig));
        expect(expected.work)
          .to.have.property('derived')
          .that.has.length(cases === codes ? 2 : 1);
        expect(await tried(await prepare(rig))).to.deep.equal(expected);
      });
    }
  }

  it('is the same if the owner is refused', async () => {
    const expected = await tried({ code: 'ZZZZ-0000-0000' });
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.directory.updateUser('alice', { disabled: true });
    expect((await tried({ code })).answer).to.deep.equal(expected.answer);
  });

  it('is the same for a replay', async () => {
    const expected = await tried({ code: 'ZZZZ-0000-0000' });
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code);
    expect((await tried({ code })).answer).to.deep.equal(expected.answer);
  });
});
