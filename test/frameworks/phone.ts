// A phone that pairs over HTTP.
import { send } from '../http/client.js';
import type { OpenPairing } from '../support/open-pairing.js';
import { quickConnectGrant } from './rig.js';

/** Opens a pairing as the user's browser and redeems it as a phone. Returns the phone's token. */
export async function pairPhone(
  port: number,
  user: string,
  { groups = '', browser = '/auth', app = '/api/auth' }: { groups?: string; browser?: string; app?: string } = {},
): Promise<string> {
  const opened = await send(port, `${browser}/pairings`, {
    method: 'POST',
    user,
    groups,
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
    json: {},
  });
  const { code } = opened.json as OpenPairing;
  const redeemed = await send(port, `${app}/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    json: { grant_type: quickConnectGrant, client_id: 'app', device_name: 'Pixel', code },
  });
  const token = redeemed.json?.['access_token'];
  if (typeof token !== 'string') throw new Error(`no token: ${opened.text} ${redeemed.text}`);
  return token;
}
