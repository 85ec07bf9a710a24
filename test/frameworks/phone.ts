// A phone that pairs over HTTP.
import { send } from '../http/client.js';
import type { OpenPairing } from '../support/open-pairing.js';
import { quickConnectGrant } from './rig.js';

/** Opens a pairing as the user's browser and redeems it as a phone. Returns the phone's token. */
export async function pairPhone(port: number, user: string): Promise<string> {
  const opened = await send(port, '/auth/pairings', {
    method: 'POST',
    user,
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
    json: {},
  });
  const { code } = opened.json as OpenPairing;
  const redeemed = await send(port, '/api/auth/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    json: { grant_type: quickConnectGrant, client_id: 'app', device_name: 'Pixel', code },
  });
  const token = redeemed.json?.['access_token'];
  if (typeof token !== 'string') throw new Error(`no token: ${opened.text} ${redeemed.text}`);
  return token;
}
