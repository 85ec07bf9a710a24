// P23: a command failed, but Redis ran it. Tested for every command.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { codeOf, type PairingRig, pairingRig } from '../support/pairing-rig.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type TappedState, tapped } from '../support/tapped-state.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const device = { redemptionId: 'the-redemption-id' };

async function setUp(): Promise<{ tap: TappedState; rig: PairingRig; id: string; code: string }> {
  const tap = tapped(memoryState());
  const rig = await pairingRig({ state: tap.state, localNow: Date.now });
  const { id, code = '' } = await rig.pairings.open(rig.alice);
  tap.calls.length = 0;
  return { tap, rig, id, code };
}

/** The number of commands of the state in a successful redemption. */
async function commandsOfRedemption(): Promise<number> {
  const { tap, rig, code } = await setUp();
  await rig.redeem(code, device);
  return tap.calls.length;
}

/** Whether the command is a message. If it fails, the data is still stored. */
const isMessage = (tap: TappedState, place: number): boolean => tap.calls[place]?.verb === 'publish';

describe('P23: lost responses', () => {
  for (const mishap of ['fails', 'answer lost'] as const) {
    it(`do not prevent pairing with one device on a retry, for any command of redeeming: ${mishap}`, async () => {
      const count = await commandsOfRedemption();
      expect(count).to.be.greaterThan(6);
      for (let place = 0; place < count; place += 1) {
        const { tap, rig, code } = await setUp();
        tap.mishap = (_verb, at) => (at === place ? mishap : 'none');
        const outcome = await rig.outcome(code, device);
        expect(outcome, `command ${place}`).to.equal(isMessage(tap, place) ? 'token' : 'ERR_STATE_UNAVAILABLE');
        expect(await rig.outcome(code, device), `after command ${place}`).to.equal('token');
        expect(await rig.devices(), `after command ${place}`).to.have.length(1);
      }
    });

    it(`never leave an unused device without a redemption id, for any command: ${mishap}`, async () => {
      const count = await commandsOfRedemption();
      for (let place = 0; place < count; place += 1) {
        const { tap, rig, code } = await setUp();
        tap.mishap = (_verb, at) => (at === place ? mishap : 'none');
        await rig.outcome(code);
        const again = await rig.outcome(code);
        expect(await rig.devices(), `after command ${place}`).to.have.length(again === 'token' ? 1 : 0);
      }
    });

    it(`do not prevent opening on a retry, within the limit, for any command: ${mishap}`, async () => {
      const opening = await setUp();
      await opening.rig.pairings.open(opening.rig.alice);
      const count = opening.tap.calls.length;
      expect(count).to.be.greaterThan(6);
      for (let place = 0; place < count; place += 1) {
        const { tap, rig } = await setUp();
        tap.mishap = (_verb, at) => (at === place ? mishap : 'none');
        const outcome = await rig.pairings.open(rig.alice).catch(codeOf);
        if (isMessage(tap, place)) {
          expect(outcome, `command ${place}`).to.include({ status: 'open' });
          continue;
        }
        expect(outcome, `command ${place}`).to.equal('ERR_STATE_UNAVAILABLE');
        expect(await rig.pairings.open(rig.alice)).to.include({ status: 'open' });
        const results = [];
        for (let more = 0; more < 3; more += 1) {
          results.push(await rig.pairings.open(rig.alice).then(({ status }) => status, codeOf));
        }
        expect(results.filter((status) => status === 'open').length, `after command ${place}`).to.equal(1);
      }
    });

    it(`do not prevent canceling on a retry, for any command: ${mishap}`, async () => {
      for (let place = 0; place < 4; place += 1) {
        const { tap, rig, id, code } = await setUp();
        tap.mishap = (_verb, at) => (at === place ? mishap : 'none');
        await rig.pairings.cancel(rig.alice, id).catch(codeOf);
        await rig.pairings.cancel(rig.alice, id).catch(codeOf);
        expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'cancelled' });
        expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
      }
    });
  }

  for (const when of ['before', 'after'] as const) {
    it(`lead to one device if the directory’s response is lost ${when} the write`, async () => {
      const { rig, code } = await setUp();
      rig.around = async (verb, call) => {
        if (verb !== 'createDevice') return call();
        rig.around = (_verb, other) => other();
        if (when === 'after') await call();
        rig.broken.add('createDevice');
        return call();
      };
      expect(await rig.outcome(code, device)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      rig.broken.clear();
      expect(await rig.outcome(code, device)).to.equal('token');
      expect(await rig.devices()).to.have.length(1);
    });
  }

  describe('of a real Redis', () => {
    let server: RedisServer;
    let proxy: TcpProxy;
    let state: SharedState;
    before(async () => {
      server = await startRedis();
      proxy = await startTcpProxy(server);
      state = redisState(server.client({ port: proxy.port, host: proxy.host }));
    });
    after(async () => {
      await state.close();
      await proxy.stop();
      await server.stop();
    });

    it('do not prevent pairing on a retry if the command ran', async () => {
      const tap = tapped(state);
      const rig = await pairingRig({ state: tap.state, localNow: Date.now });
      // Runs the script once before, because Redis answers its first use with "unknown", and that would be lost.
      await rig.pairings.cancel(rig.alice, (await rig.pairings.open(rig.alice)).id);
      const { id, code = '' } = await rig.pairings.open(rig.alice);
      tap.before = (verb) => {
        if (verb === 'compareAndSet') proxy.muteAnswers();
      };
      expect(await rig.outcome(code, device)).to.equal('ERR_STATE_UNAVAILABLE');
      expect(await server.client().get(`latchkey:pairing:${id}`), 'it ran').to.contain('"redeemed"');
      tap.before = () => undefined;
      proxy.heal();
      let outcome = '';
      await until('the state is back', async () => {
        outcome = await rig.outcome(code, device);
        return outcome !== 'ERR_STATE_UNAVAILABLE';
      });
      expect(outcome).to.equal('token');
      expect(await rig.devices()).to.have.length(1);
    });
  });
});
