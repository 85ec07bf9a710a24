// A phone that uses only clients generated from the OpenAPI documents. The test generates these clients, compiles this
// program together with them, and runs it.
import process, { argv } from 'node:process';
import * as apps from './apps.js';
import * as browser from './browser.js';

const [, , origin = '', proxySecret = '', player = ''] = argv;
browser.defaults.baseUrl = `${origin}/auth`;
apps.defaults.baseUrl = `${origin}/api/auth`;
const login = {
  headers: { 'Remote-User': 'ada', 'X-Proxy-Secret': proxySecret, 'Sec-Fetch-Site': 'same-origin' },
};

/** Narrows an answer to the one with the expected status. */
function expected<Answer extends { readonly status: number }, Status extends Answer['status']>(
  answer: Answer,
  status: Status,
): Extract<Answer, { readonly status: Status }> {
  if (answer.status !== status) throw new Error(`expected ${status}: ${JSON.stringify(answer)}`);
  return answer as Extract<Answer, { readonly status: Status }>;
}

const opened = expected(await browser.openPairing({}, login), 201).data;
const app = { client_id: 'com.example.music', device_name: 'Pixel 8' };
const redeemed = expected(
  await apps.requestToken({
    grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect',
    code: opened.code ?? '',
    ...app,
  }),
  200,
).data;
const renewed = expected(
  await apps.requestToken({
    grant_type: 'refresh_token',
    refresh_token: redeemed.refresh_token,
    client_id: app.client_id,
  }),
  200,
).data;
const bearer = { headers: { Authorization: `Bearer ${renewed.access_token}` } };
const me = expected(await browser.getMe(bearer), 200).data;
const devices = expected(await browser.listDevices(login), 200).data.devices;
const basic = { headers: { Authorization: `Basic ${btoa(`player:${player}`)}` } };
const introspected = expected(await apps.introspectToken({ token: renewed.access_token }, basic), 200).data;
expected(await apps.revokeToken({ token: renewed.access_token }), 200);
const refused = expected(await browser.getMe(bearer), 401).data;
const reused = expected(
  await apps.requestToken({
    grant_type: 'refresh_token',
    refresh_token: renewed.access_token,
    client_id: app.client_id,
  }),
  400,
).data;

process.stdout.write(
  JSON.stringify({
    me,
    device: redeemed.device_id,
    names: devices.map(({ id, name, paired_by }) => ({ id, name, paired_by })),
    active: introspected.active,
    code: refused.code,
    error: reused.error,
    renewedAgain: renewed.access_token !== redeemed.access_token,
  }),
);
