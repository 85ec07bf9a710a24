// A phone that pairs over HTTP.
import { send } from '../http/client.js';
import type { OpenPairing } from '../support/open-pairing.js';
import { quickConnectGrant } from './rig.js';

interface PairOptions {
  readonly groups?: string;
  /** The path of `router`. */
  readonly browser?: string;
  /** The path of `tokenRouter`. */
  readonly app?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Opens a pairing as the user's browser and redeems it as a phone. Returns the phone's token. The request of the browser
 * has the `headers`, such as a proxy secret.
 */
export async function pairPhone(
  port: number,
  user: string,
  { groups = '', browser = '/auth', app = '/api/auth', headers = {} }: PairOptions = {},
): Promise<string> {
  const opened = await send(port, `${browser}/pairings`, {
    method: 'POST',
    user,
    groups,
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers },
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
