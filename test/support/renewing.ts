// Requests of an app that renews and uses its token, over HTTP.
import type { Answer } from '../http/client.js';
import type { LivingInstance } from './living-rig.js';

/** Asks for a new token. */
export function renew(instance: LivingInstance, token: string, clientId = 'app'): Promise<Answer> {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: clientId });
  return instance.ask('/api/auth/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}

/** Renews the token and returns the new one. Throws if there is none. */
export async function renewed(instance: LivingInstance, token: string): Promise<string> {
  const { json, text } = await renew(instance, token);
  const next = json?.['access_token'];
  if (typeof next !== 'string') throw new Error(`not renewed: ${text}`);
  return next;
}

/** Makes a request with this token. Returns `ok`, or the code that it is refused with. */
export async function use(instance: LivingInstance, token: string): Promise<unknown> {
  const { status, json } = await instance.ask('/api/who', { token });
  return status === 200 ? 'ok' : json?.['code'];
}
