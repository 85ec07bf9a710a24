// express-openid-connect, as its readme sets it up, with oidc-provider as the issuer in the same process.
import { createServer } from 'node:http';
import oidc from 'express-openid-connect';
import Provider from 'oidc-provider';

const clientId = 'bench';

async function startIssuer(origin) {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        redirect_uris: [`${origin}/callback`],
        response_types: ['id_token'],
        grant_types: ['implicit'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
    ],
    cookies: { keys: ['a key of the benchmarks'] },
    responseTypes: ['id_token'],
    scopes: ['openid', 'profile', 'email'],
    claims: { email: ['email'], profile: ['name'] },
    findAccount: async (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: `Person ${id}`, email: `${id}@example.com` }),
    }),
  });
  server.on('request', provider.callback());
  server.unref();
  return issuer;
}

/** The cookies of one browser, by host. */
function browser() {
  const jars = new Map();
  return async function visit(url, form) {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map();
    jars.set(host, jar);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair] = cookie.split(';', 1);
      const at = pair.indexOf('=');
      if (at + 1 === pair.length) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get('location');
    if (location !== null) return visit(new URL(location, url).href);
    return { url, status: response.status, text: await response.text(), cookies: jar };
  };
}

function fieldsOf(html) {
  return Object.fromEntries(
    [...html.matchAll(/<input[^>]*>/g)].flatMap(([input]) => {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      return name === undefined ? [] : [[name, /value="([^"]*)"/.exec(input)?.[1] ?? '']];
    }),
  );
}

async function logIn(origin, subject) {
  const visit = browser();
  let page = await visit(`${origin}/login`);
  for (let step = 0; step < 5; step += 1) {
    const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`no form at ${page.url}: ${page.status} ${page.text.slice(0, 500)}`);
    const fields = fieldsOf(page.text);
    if ('login' in fields) Object.assign(fields, { login: subject, password: 'x' });
    const target = new URL(action, page.url).href;
    page = await visit(target, fields);
    const session = page.cookies.get('appSession');
    if (session !== undefined) return ['Cookie', `appSession=${session}`];
  }
  throw new Error('the login did not end');
}

/** The session is in an encrypted cookie. */
export async function encryptedCookie({ app, path, respond, origin, each }) {
  const issuerBaseURL = await startIssuer(origin);
  app.use(
    oidc.auth({
      issuerBaseURL,
      baseURL: origin,
      clientID: clientId,
      secret: 'a secret of the benchmarks, of 32 bytes or more',
      authRequired: false,
      // Cookies of a form from another site are sent only with https.
      transactionCookie: { sameSite: 'Lax' },
    }),
  );
  app.get('/', (_req, res) => res.end());
  app.get(path, oidc.requiresAuth(), (req, res) => respond(res, req.oidc.user.sub !== undefined));
  return () => each((subject) => logIn(origin, subject));
}
