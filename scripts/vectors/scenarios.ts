// The scenarios of the HTTP test vectors.
import { type Recorder, recordScenario, type Scenario } from './scenario.js';

const app = { client_id: 'com.example.music', device_name: 'Pixel 8' } as const;
const quickConnect = 'urn:latchkey:params:oauth:grant-type:quick-connect';
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';
const player = { clientId: 'player', secret: 'the-secret-of-the-player-server!' } as const;
const basic = { Authorization: `Basic ${Buffer.from(`${player.clientId}:${player.secret}`).toString('base64')}` };

function redeem(code: string): Readonly<Record<string, string>> {
  return { grant_type: quickConnect, ...app, code };
}

function renewal(token: string): Readonly<Record<string, string>> {
  return { grant_type: 'refresh_token', refresh_token: token, client_id: app.client_id };
}

function poll(code: string): Readonly<Record<string, string>> {
  return { grant_type: deviceCode, device_code: code, client_id: app.client_id };
}

/** Opens a pairing in the browser, and redeems its code. Returns the token. */
async function paired({ browser, form }: Recorder, name: string): Promise<string> {
  const { code = '' } = await browser('POST', '/auth/pairings');
  const { access_token: token = '' } = await form(name, '/api/auth/token', redeem(code));
  return token;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** Runs all scenarios. Returns them by the name of their file. */
export async function recordAll(): Promise<Readonly<Record<string, readonly Scenario[]>>> {
  return {
    redemption: [await byCode(), await byLink(), await lostAnswer(), await throttled()],
    approval: [await approved(), await denied()],
    'device-flow': [await deviceFlow(), await deniedInDeviceFlow()],
    renewal: [await renewed(), await reused()],
    revocation: [await revoked(), await revokedInBrowser()],
    introspection: [await introspected()],
    metadata: [await metadata()],
  };
}

function byCode(): Promise<Scenario> {
  const text = 'The user types a code into the app. A wrong or a used code gets the same answer.';
  return recordScenario('a typed code', text, {}, async (recorder) => {
    const { browser, form } = recorder;
    await form('a wrong code', '/api/auth/token', redeem('AAAA-BBBB-CCCC'));
    await form('no device name', '/api/auth/token', { grant_type: quickConnect, client_id: app.client_id, code: 'A' });
    await form('an unknown grant', '/api/auth/token', { ...redeem('A'), grant_type: 'password' });
    await form('a scope', '/api/auth/token', { ...redeem('AAAA-BBBB-CCCC'), scope: 'library' });
    const { code = '' } = await browser('POST', '/auth/pairings');
    await form('the right code', '/api/auth/token', redeem(code));
    await form('the same code again, which revokes the token', '/api/auth/token', redeem(code));
    const later = await browser('POST', '/auth/pairings');
    recorder.wait(120);
    await form('a code that has expired', '/api/auth/token', redeem(later['code'] ?? ''));
  });
}

function byLink(): Promise<Scenario> {
  const text = 'The user scans the QR code. The id and the secret come from the link.';
  return recordScenario('a scanned link', text, {}, async ({ browser, form }) => {
    const { uri = '' } = await browser('POST', '/auth/pairings');
    const link = new URLSearchParams(uri.slice(uri.indexOf('#') + 1));
    const proof = { grant_type: quickConnect, ...app, id: link.get('id') ?? '' };
    await form('a wrong secret', '/api/auth/token', { ...proof, secret: 'AAAAAAAAAAAAAAAAAAAAAA' });
    await form('the right secret', '/api/auth/token', { ...proof, secret: link.get('s') ?? '' });
  });
}

function lostAnswer(): Promise<Scenario> {
  const text = 'An app that did not receive the answer sends the same request again, within 60 seconds.';
  return recordScenario('a lost answer', text, {}, async ({ browser, form, wait }) => {
    const { code = '' } = await browser('POST', '/auth/pairings');
    const fields = { ...redeem(code), redemption_id: 'kBTMHSVbPhKVvVm4' };
    await form('the first request', '/api/auth/token', fields);
    wait(5);
    await form('the same request, with the same token in its answer', '/api/auth/token', fields);
  });
}

function throttled(): Promise<Scenario> {
  const text = 'The server accepts three redemptions from one address in ten minutes.';
  const options = { quickConnect: { limits: { redemptionsPerAddress: 3 } } };
  return recordScenario('too many wrong codes', text, options, async ({ form, wait }) => {
    for (const count of ['first', 'second', 'third', 'fourth']) {
      await form(`the ${count} wrong code`, '/api/auth/token', redeem('AAAA-BBBB-CCCC'));
    }
    wait(600);
    await form('a wrong code ten minutes later', '/api/auth/token', redeem('AAAA-BBBB-CCCC'));
  });
}

function approved(): Promise<Scenario> {
  const text = 'The user must approve the app in the browser, and types the number that the app shows.';
  const options = { quickConnect: { approval: 'always' } } as const;
  return recordScenario('approval', text, options, async ({ browser, form, wait }) => {
    const { id = '', code = '' } = await browser('POST', '/auth/pairings');
    const claimed = await form('the code, which claims the pairing', '/api/auth/token', redeem(code));
    const again = poll(claimed['device_code'] ?? '');
    wait(5);
    await form('a poll before the user has decided', '/api/auth/token', again);
    await form('a poll too soon', '/api/auth/token', again);
    await form('a poll of another app', '/api/auth/token', { ...again, client_id: 'com.example.other' });
    wait(5);
    await browser('POST', `/auth/pairings/${id}/approve`, { match_number: claimed['match_number'] });
    await form('a poll after the approval', '/api/auth/token', again);
  });
}

function denied(): Promise<Scenario> {
  const text = 'The user denies the app in the browser.';
  const options = { quickConnect: { approval: 'always' } } as const;
  return recordScenario('denial', text, options, async ({ browser, form, wait }) => {
    const { id = '', code = '' } = await browser('POST', '/auth/pairings');
    const claimed = await form('the code, which claims the pairing', '/api/auth/token', redeem(code));
    await browser('POST', `/auth/pairings/${id}/deny`);
    wait(5);
    await form('a poll after the denial', '/api/auth/token', poll(claimed['device_code'] ?? ''));
  });
}

const deviceOptions = {
  quickConnect: { verificationUri: 'https://music.example.com/auth/activate', verificationUriComplete: true },
} as const;

function deviceFlow(): Promise<Scenario> {
  const text = 'The device shows a user code, and the user types it into the browser (RFC 8628).';
  return recordScenario('the device flow', text, deviceOptions, async ({ browser, form, wait }) => {
    const asked = await form('the request of the device', '/api/auth/device_authorization', app);
    const again = poll(asked['device_code'] ?? '');
    wait(5);
    await form('a poll before the user has decided', '/api/auth/token', again);
    wait(5);
    await browser('POST', '/auth/device/verification', { user_code: asked['user_code'], action: 'approve' });
    await form('a poll after the approval', '/api/auth/token', again);
  });
}

function deniedInDeviceFlow(): Promise<Scenario> {
  const text = 'A request that the user denies, and a request that expires.';
  return recordScenario('the device flow without approval', text, deviceOptions, async ({ browser, form, wait }) => {
    const first = await form('the first request of the device', '/api/auth/device_authorization', app);
    await browser('POST', '/auth/device/verification', { user_code: first['user_code'], action: 'deny' });
    await form('a poll after the denial', '/api/auth/token', poll(first['device_code'] ?? ''));
    const second = await form('the second request of the device', '/api/auth/device_authorization', app);
    wait(Number(second['expires_in']));
    await form('a poll after the request has expired', '/api/auth/token', poll(second['device_code'] ?? ''));
  });
}

function renewed(): Promise<Scenario> {
  const text = 'The app renews its token. If the answer is lost, the app renews again and gets the same new token.';
  return recordScenario('renewal', text, {}, async (recorder) => {
    const { form, get, wait } = recorder;
    const first = await paired(recorder, 'a redemption');
    wait(86_400);
    await form('a renewal whose answer is lost', '/api/auth/token', renewal(first));
    const { access_token: second = '' } = await form('the same renewal again', '/api/auth/token', renewal(first));
    await get('the old token before the first use of the new one', '/api/library', bearer(first));
    await get('the first use of the new token', '/api/library', bearer(second));
    wait(599);
    await get('the old token in its grace period', '/api/library', bearer(first));
    await form('a renewal with another app id', '/api/auth/token', {
      ...renewal(second),
      client_id: 'com.example.other',
    });
    await form('a renewal of something else', '/api/auth/token', renewal('not-a-token'));
  });
}

function reused(): Promise<Scenario> {
  const text = 'After its grace period, an old token was probably stolen. Its use revokes the device.';
  return recordScenario('reuse of an old token', text, {}, async (recorder) => {
    const { form, get, wait } = recorder;
    const first = await paired(recorder, 'a redemption');
    wait(86_400);
    const { access_token: second = '' } = await form('a renewal', '/api/auth/token', renewal(first));
    await get('the first use of the new token', '/api/library', bearer(second));
    wait(601);
    await get('the old token after its grace period', '/api/library', bearer(first));
    await get('the new token after the reuse', '/api/library', bearer(second));
    await form('a renewal after the reuse', '/api/auth/token', renewal(second));
  });
}

function revoked(): Promise<Scenario> {
  const text = 'The app revokes its token when the user logs out.';
  return recordScenario('revocation by the app', text, {}, async (recorder) => {
    const { form, get } = recorder;
    const token = await paired(recorder, 'a redemption');
    await form('a revocation', '/api/auth/revoke', { token });
    await form('the same revocation again', '/api/auth/revoke', { token });
    await form('a revocation of something else', '/api/auth/revoke', { token: 'not-a-token' });
    await get('a request with the revoked token', '/api/library', bearer(token));
    await form('a renewal of the revoked token', '/api/auth/token', renewal(token));
  });
}

function revokedInBrowser(): Promise<Scenario> {
  const text = 'The user revokes the device in the browser.';
  return recordScenario('revocation in the browser', text, {}, async (recorder) => {
    const { browser, get } = recorder;
    const token = await paired(recorder, 'a redemption');
    await get('a request with the token', '/api/library', bearer(token));
    await browser('DELETE', '/auth/devices');
    await get('a request after the revocation', '/api/library', bearer(token));
    await get('a request without a token', '/api/library');
  });
}

function introspected(): Promise<Scenario> {
  const text = 'Another server asks whether the token of an app is valid (RFC 7662).';
  return recordScenario('introspection', text, { tokens: { introspection: [player] } }, async (recorder) => {
    const { form } = recorder;
    const token = await paired(recorder, 'a redemption');
    await form('an active token, with the credentials in the header', '/api/auth/introspect', { token }, basic);
    const inBody = { client_id: player.clientId, client_secret: player.secret };
    await form('an active token, with the credentials in the body', '/api/auth/introspect', { token, ...inBody });
    await form('something else', '/api/auth/introspect', { token: 'not-a-token' }, basic);
    await form('no credentials', '/api/auth/introspect', { token });
    await form('a wrong secret', '/api/auth/introspect', { token, ...inBody, client_secret: 'wrong' });
  });
}

function metadata(): Promise<Scenario> {
  const text = 'The metadata of a server with all parts (RFC 8414).';
  const options = { ...deviceOptions, tokens: { introspection: [player] } };
  return recordScenario('metadata', text, options, async ({ get }) => {
    await get('the metadata', '/api/auth/.well-known/oauth-authorization-server');
  });
}
