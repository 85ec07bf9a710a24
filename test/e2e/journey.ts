// test/e2e: the actions of browsers and phones, one function each.
import { expect } from 'chai';
import { type Answer, type Visitor, visitor } from '../../scripts/demo/visitor.js';

const grantType = 'urn:latchkey:params:oauth:grant-type:quick-connect';

/** A pairing as the API answers it. */
export interface Pairing {
  readonly id: string;
  readonly code: string;
  readonly uri: string;
  readonly status: string;
}

/** A paired device. */
export interface Paired {
  readonly token: string;
  readonly deviceId: string;
}

/** Opens a pairing in a browser. */
export async function openPairing(browser: Visitor): Promise<Pairing> {
  const answer = await browser.send('POST', '/auth/pairings', {});
  expect(answer.status, answer.text).to.equal(201);
  return answer.json as unknown as Pairing;
}

/** The body of a redemption. */
export function redemption(code: string, deviceName: string): Readonly<Record<string, string>> {
  return { grant_type: grantType, client_id: 'e2e', code, device_name: deviceName };
}

/** Redeems a code at a server, as an app does: without a cookie or a header of a proxy. */
export function redeem(server: string, code: string, deviceName = 'A phone'): Promise<Answer> {
  return visitor(server).send('POST', '/api/auth/token', redemption(code, deviceName));
}

/** Opens a pairing in a browser and redeems it at a server. */
export async function pair(browser: Visitor, server: string): Promise<Paired> {
  const { code } = await openPairing(browser);
  const answer = await redeem(server, code);
  expect(answer.status, answer.text).to.equal(200);
  return { token: String(answer.json['access_token']), deviceId: String(answer.json['device_id']) };
}

/** Asks a server whose token this is. */
export function whoIs(server: string, token: string): Promise<Answer> {
  return visitor(server).get('/api/me', { authorization: `Bearer ${token}` });
}

/** The roles in an answer of `me`. */
export function rolesOf(answer: Answer): readonly string[] {
  expect(answer.status, answer.text).to.equal(200);
  return answer.json['roles'] as readonly string[];
}

/** Reads a pairing's event stream to its end and returns the states. `opened` resolves with the first one. */
export function follow(
  browser: Visitor,
  server: string,
  id: string,
): { opened: Promise<void>; states: Promise<string[]> } {
  let began: () => void;
  let failed: (error: Error) => void;
  const opened = new Promise<void>((resolve, reject) => {
    began = resolve;
    failed = reject;
  });
  const read = async (): Promise<string[]> => {
    const response = await fetch(`${server}/auth/pairings/${id}/events`, {
      headers: { accept: 'text/event-stream', cookie: browser.cookies() },
      signal: AbortSignal.timeout(10_000),
    });
    if (response.status !== 200 || response.body === null) throw new Error(`The events answered ${response.status}.`);
    const states: string[] = [];
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((text) => text.startsWith('data: '))) {
        states.push((JSON.parse(line.slice('data: '.length)) as Pairing).status);
        began();
      }
    }
    return states;
  };
  const states = read();
  states.catch((error: Error) => failed(error));
  return { opened, states };
}
