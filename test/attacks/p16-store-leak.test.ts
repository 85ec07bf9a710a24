// test/attacks: P16, somebody reads the whole store.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { redisState } from '../../src/stores/redis-state.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { type PairingRig, pairingRig, proofOf, ringKey, wrongCode } from '../support/pairing-rig.js';
import { type RedisServer, startRedis } from '../support/redis.js';

/** Every key and value of the server, as text. */
async function dump(redis: Redis): Promise<string> {
  const keys = await redis.keys('*');
  const values = await Promise.all(keys.map((key) => redis.get(key)));
  return keys.map((key, index) => `${key} = ${values[index]}`).join('\n');
}

/** The spellings in which bytes could lie about. */
function spellings(secret: Buffer): string[] {
  return [secret.toString('hex'), secret.toString('base64'), secret.toString('base64url'), secret.toString('latin1')];
}

describe('P16: store leak', () => {
  let server: RedisServer;
  let rig: PairingRig;
  before(async () => {
    server = await startRedis();
    rig = await pairingRig({ state: redisState(server.client()), localNow: Date.now });
  });
  after(async () => {
    await rig.state.close();
    await server.stop();
  });

  it('finds no code, secret, token or key in it, at any stage', async () => {
    const redis = server.client();
    const { id, code = '', uri } = await rig.pairings.open(rig.alice);
    const { id: cancelled, code: cancelledCode = '' } = await rig.pairings.open(rig.alice);
    const stages = [await dump(redis)];
    await rig.outcome(wrongCode(code));
    stages.push(await dump(redis));
    const { accessToken } = await rig.redeem(code, { redemptionId: 'the-redemption-id' });
    await rig.pairings.cancel(rig.alice.userId, cancelled);
    stages.push(await dump(redis));
    await rig.outcome(code);
    stages.push(await dump(redis));

    const ring = keyRing([ringKey]);
    const derived = ['code-1', 'code-2', 'digits', 'qr'].map((purpose) =>
      ring.derive(ringKey.kid, `latchkey/pairing/v1/${purpose}/${id}`, purpose === 'qr' ? 16 : 32),
    ) as Buffer[];
    expect(derived[3]?.toString('base64url'), 'the derivation is as this test believes').to.equal(proofOf(uri).secret);
    const secrets = [
      ...[code, cancelledCode].flatMap((shown) => [
        shown,
        shown.slice(5),
        shown.slice(5).replace('-', ''),
        shown.replaceAll('-', ''),
      ]),
      ...spellings(Buffer.from(wrongCode(code).slice(5))).slice(1),
      ...derived.flatMap(spellings),
      ...spellings(Buffer.from(ringKey.secret)),
      accessToken,
      accessToken.split('.')[2] ?? '',
      'the-redemption-id',
    ];
    for (const [stage, text] of stages.entries()) {
      expect(text, `stage ${stage} has the pairing`).to.contain(id);
      for (const secret of secrets) expect(text.includes(secret), `stage ${stage}`).to.equal(false);
    }
  });

  it('keeps nothing without an end', async () => {
    const redis = server.client();
    for (const key of await redis.keys('*')) {
      expect(await redis.ttl(key), key).to.be.within(1, 900);
    }
  });
});
