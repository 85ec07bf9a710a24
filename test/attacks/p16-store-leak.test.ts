// P16: an attacker reads the whole shared state.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { type PairingRig, pairingRig, proofOf, ringKey, wrongCode } from '../support/pairing-rig.js';
import { type RedisServer, startRedis } from '../support/redis.js';

/** Every key and value of the server, as text. */
async function dump(redis: Redis): Promise<string> {
  const keys = await redis.keys('*');
  const values = await Promise.all(keys.map((key) => redis.get(key)));
  return keys.map((key, index) => `${key} = ${values[index]}`).join('\n');
}

/** The encodings in which the store could contain bytes. */
function spellings(secret: Buffer): string[] {
  return [secret.toString('hex'), secret.toString('base64'), secret.toString('base64url'), secret.toString('latin1')];
}

/** The encodings of a hash with which an attacker could check guesses of the secret. */
function hashes(secret: string): string[] {
  return spellings(createHash('sha256').update(secret).digest());
}

/** All forms in which the store could contain a secret. */
function traces(secret: string): string[] {
  return [secret, ...spellings(Buffer.from(secret)), ...hashes(secret)];
}

describe('P16: the shared state', () => {
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

  it('contains no code, secret, token or key, at any stage', async () => {
    const redis = server.client();
    const { id, code = '', uri } = await rig.pairings.open(rig.alice);
    const { id: cancelled, code: cancelledCode = '' } = await rig.pairings.open(rig.alice);
    const stages = [await dump(redis)];
    await rig.outcome(wrongCode(code));
    stages.push(await dump(redis));
    const { accessToken } = await rig.redeem(code, { redemptionId: 'the-redemption-id' });
    await rig.pairings.cancel(rig.alice, cancelled);
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

  it('contains no user code, device code or number, from the request to the token', async () => {
    const redis = server.client();
    await redis.flushall();
    const { pairings } = rig;
    const { userCode, deviceCode } = await pairings.authorize({ clientId: 'television', address: '192.0.2.1' });
    const poll = { deviceCode, clientId: 'television' };
    const stages = [await dump(redis)];
    await pairings.collect(poll).catch(() => undefined);
    await pairings.lookUpRequest(rig.alice, userCode);
    stages.push(await dump(redis));
    await pairings.approveRequest(rig.alice, userCode);
    stages.push(await dump(redis));
    await pairings.collect(poll);
    stages.push(await dump(redis));

    const [id = '', proof = ''] = deviceCode.split('.');
    const plain = userCode.replace('-', '');
    const secrets = [userCode, plain, plain.toLowerCase(), proof, deviceCode].flatMap(traces);
    secrets.push(...spellings(Buffer.from(proof, 'base64url')));
    for (const [stage, text] of stages.entries()) {
      expect(text, `stage ${stage} has the request`).to.contain(id);
      for (const secret of secrets) expect(text.includes(secret), `stage ${stage}`).to.equal(false);
    }
  });

  it('contains no device code or number of a claim, from the claim to the token', async () => {
    const redis = server.client();
    await redis.flushall();
    const claiming = await pairingRig({ state: rig.state, localNow: Date.now, approval: 'always' });
    const { id, code = '' } = await claiming.pairings.open(claiming.alice);
    const { deviceCode, matchNumber } = await claiming.claim(code, { redemptionId: 'the-redemption-id' });
    const poll = { deviceCode, clientId: 'app' };
    const stages: (() => Promise<unknown>)[] = [
      async () => undefined,
      () => claiming.pairings.collect(poll).catch(() => undefined),
      () => claiming.pairings.approve(claiming.alice, id, matchNumber === '10' ? '11' : '10').catch(() => {}),
      () => claiming.pairings.approve(claiming.alice, id, matchNumber),
      () => claiming.pairings.collect(poll),
    ];
    const proof = deviceCode.split('.')[1] ?? '';
    const secrets = [...[proof, deviceCode].flatMap(traces), ...spellings(Buffer.from(proof, 'base64url'))];
    for (const [stage, act] of stages.entries()) {
      await act();
      const text = await dump(redis);
      expect(text, `stage ${stage} has the claim`).to.contain(id);
      // Other text can contain the two digits by chance, so this looks for the number as a whole word and as its hash.
      expect(text.split(/[\s"':,{}=]+/), `stage ${stage}`).to.not.include(matchNumber);
      for (const secret of [...secrets, ...hashes(matchNumber)]) {
        expect(text.includes(secret), `stage ${stage}`).to.equal(false);
      }
    }
  });

  it('contains no key without an expiry', async () => {
    const redis = server.client();
    await rig.pairings.authorize({ clientId: 'television', address: '192.0.2.1' });
    for (const key of await redis.keys('*')) {
      expect(await redis.ttl(key), key).to.be.within(1, 1200);
    }
  });
});
