// Connects an app to the account of a new user, repeats the redemption, tries the code as another party, and revokes.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { redemption } from '../../test/e2e/journey.js';
import { type Answer, visitor } from '../demo/visitor.js';
import type { Asking } from './mix.js';
import { byHeader, byToken, codeIn, viewIn } from './people.js';
import type { Verdict } from './record.js';
import type { Server } from './site.js';

/** A pairing has five tries. The other party needs one of them. */
const tries = 4;

/** An open pairing and the app that redeems it. */
interface Attempt {
  readonly owner: { readonly subject: string; readonly groups: readonly string[] };
  readonly code: string;
  readonly madeAt: number;
  readonly deviceName: string;
  readonly redemptionId: string;
}

/** Pairs devices until the run ends. The browser uses this server, and the app uses all servers. */
export async function askingPairings(asking: Asking, server: Server): Promise<void> {
  for (let round = 0; asking.goesOn(); round += 1) {
    await pause(250);
    const attempt = await open(asking, server, round);
    if (attempt === undefined) continue;
    const paired = await redeem(asking, attempt, round);
    if (paired === undefined) continue;
    const { token, deviceId } = paired;
    asking.truth.paired.set(deviceId, attempt.deviceName);
    const owned = byHeader(server, attempt.owner);
    // Whether a request that revokes the device has begun. From then on, the device may already be revoked.
    let ending = false;
    const isPaired = (view: string): boolean => view === 'viewer' || (ending && view === 'nobody');
    await everywhere(asking, token, `the token of ${attempt.owner.subject}`, isPaired);
    if (round % 2 === 0) await redeem(asking, attempt, round + 1, deviceId);
    ending = true;
    if (round % 2 === 1) await redeemAsAnother(asking, attempt, round);
    const revoked = await asking.observe({
      question: 'pairing',
      server,
      what: 'revoke',
      send: () => owned.send('DELETE', `/auth/devices/${deviceId}`),
      // 404: the redemption by another party has revoked the device.
      judge: ({ status }) => (status === 204 || status === 404 ? 'right' : 'wrong'),
    });
    if (revoked === undefined) continue;
    await everywhere(asking, token, 'a revoked token', (view) => view === 'nobody');
  }
}

async function open(asking: Asking, server: Server, round: number): Promise<Attempt | undefined> {
  // Each round has a new owner, so that it contains a first request and reaches no limit per user.
  const owner = { subject: `owner-${server.name}-${round}-${randomUUID().slice(0, 8)}`, groups: ['staff'] };
  const madeAt = performance.now();
  const answer = await asking.observe({
    question: 'pairing',
    server,
    what: 'open',
    send: () => byHeader(server, owner).send('POST', '/auth/pairings', {}),
    judge: ({ status, json }) => (status === 201 && typeof json['code'] === 'string' ? 'right' : 'wrong'),
  });
  if (answer === undefined) return undefined;
  const code = String(answer.json['code']);
  return { owner, code, madeAt, deviceName: `phone of ${owner.subject}`, redemptionId: randomUUID() };
}

/** Redeems, and repeats a redemption that got no answer, as an app does. `known`: the device of an earlier answer. */
async function redeem(
  asking: Asking,
  attempt: Attempt,
  first: number,
  known?: string,
): Promise<{ readonly token: string; readonly deviceId: string } | undefined> {
  const { servers } = asking.site;
  for (let index = 0; index < (known === undefined ? tries : 1) && asking.goesOn(); index += 1) {
    const server = servers[(first + index) % servers.length] as Server;
    let isOver = false;
    const answer = await asking.observe({
      question: 'pairing',
      server,
      what: known === undefined ? 'redeem' : 'repeat the redemption',
      send: () => post(server, attempt, attempt.redemptionId),
      judge(given) {
        isOver = given.status === 400;
        const sameDevice = known === undefined || given.json['device_id'] === known;
        if (given.status === 200) return sameDevice ? 'right' : 'wrong';
        return isGone(asking, attempt, given);
      },
    });
    if (answer !== undefined) {
      return { token: String(answer.json['access_token']), deviceId: String(answer.json['device_id']) };
    }
    if (isOver) return undefined;
    await pause(500);
  }
  return undefined;
}

/** Redeems the code as another party that has seen it. */
async function redeemAsAnother(asking: Asking, attempt: Attempt, round: number): Promise<void> {
  const { servers } = asking.site;
  const server = servers[(round + 2) % servers.length] as Server;
  await asking.observe({
    question: 'pairing',
    server,
    what: 'redeem as another party',
    send: () => post(server, attempt, randomUUID()),
    judge(answer) {
      if (answer.status === 200) asking.truth.doubled.push(`${attempt.deviceName}: two parties redeemed one code`);
      return answer.status === 400 && codeIn(answer.json) === 'invalid_grant' ? 'right' : 'wrong';
    },
  });
}

function post(server: Server, { code, deviceName }: Attempt, redemptionId: string): Promise<Answer> {
  return visitor(server.url).send('POST', '/api/auth/token', {
    ...redemption(code, deviceName),
    redemption_id: redemptionId,
  });
}

/** Redis may have lost the pairing. The server then refuses the code, and the user has to open a new pairing. */
function isGone(asking: Asking, { madeAt }: Attempt, answer: Answer): Verdict {
  const gone = answer.status === 400 && codeIn(answer.json) === 'invalid_grant';
  return gone && madeAt < asking.conditions.lostBefore ? 'signed-out' : 'wrong';
}

async function everywhere(
  asking: Asking,
  token: string,
  what: string,
  isRight: (view: string) => boolean,
): Promise<void> {
  const asked = asking.site.servers.map((server) =>
    asking.observe({
      question: 'token',
      server,
      what,
      send: () => byToken(server, token),
      judge: (answer) => (isRight(viewIn(answer)) ? 'right' : 'wrong'),
    }),
  );
  await Promise.race([Promise.all(asked), pause(1000)]);
}
