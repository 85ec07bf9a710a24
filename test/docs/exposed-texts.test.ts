// Lists every text of an error that a client can see. Advice for operators goes to events and process warnings.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type ErrorCode, errorCodes, LatchkeyError } from '../../src/vocabulary/errors.js';
import { startHost } from '../http/harness.js';

const source = join(import.meta.dirname, '..', '..', '..', 'src');

/** The files whose errors can answer a request. Those of `client/` and of the pages run elsewhere or at start. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !/^(client|pages)\//.test(name) && !/^[\w-]+\.ts$/.test(name),
);

const isExposed = (code: string): boolean => new LatchkeyError(code as ErrorCode).status < 500;
const oneLine = (text: string): string => text.replaceAll('${', '{').replace(/\s+/g, ' ').replace(/,? *$/, '').trim();

/** The texts that the source gives to errors with a status below 500, as they are written there. */
function details(): readonly string[] {
  const found = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(source, file), 'utf8');
    // In place: new LatchkeyError('ERR_…', { detail: '…' })
    for (const [, code = '', detail = ''] of text.matchAll(
      /new LatchkeyError\('(ERR_\w+)',\s*\{\s*detail:\s*((?:'[^']*'|"[^"]*"|`[^`]*`)(?: \+\s*(?:'[^']*'|"[^"]*"|`[^`]*`))*)/g,
    )) {
      if (isExposed(code)) found.add(`${code}: ${oneLine(detail)}`);
    }
    // By a variable in front of it: const detail = …; throw new LatchkeyError('ERR_…', { detail });
    for (const [, detail = '', code = ''] of text.matchAll(
      /const (?:detail|known) =\s*([^;]+);\s*(?:throw|return) new LatchkeyError\('(ERR_\w+)'/g,
    )) {
      if (isExposed(code)) found.add(`${code}: ${oneLine(detail)}`);
    }
    // By a function of the same file: invalid('…')
    if (text.includes('function invalid(detail: string)')) {
      for (const [, detail = ''] of text.matchAll(/[^n] invalid\(([^)]*)\)/g)) found.add(`invalid: ${oneLine(detail)}`);
    }
    // A text that comes in a way this list does not know must fail the test.
    const known = ['detail', 'known'].filter((name) => new RegExp(`const ${name} =|\\(${name}: string\\)`).test(text));
    for (const [, code = '', name = ''] of text.matchAll(
      /new LatchkeyError\('(ERR_\w+)',\s*\{\s*detail(?:: (\w+))?[ ,}]/g,
    )) {
      if (isExposed(code) && !known.includes(name || 'detail')) found.add(`${file}: unknown`);
    }
  }
  return [...found].sort();
}

// To add a line here, ask: would you show this text to a stranger?
const exposed = [
  "ERR_BODY_INVALID: 'A parameter was sent more than once.'",
  "ERR_BODY_INVALID: 'Expected either code, or both id and secret.'",
  "ERR_BODY_INVALID: 'Expected either subject, or headers with optional peer and target.'",
  "ERR_BODY_INVALID: 'Send client credentials in the header or in the body, not in both.'",
  "ERR_BODY_INVALID: 'The action must be lookup, approve or deny.'",
  "ERR_BODY_INVALID: 'The body is not well-formed.'",
  "ERR_BODY_INVALID: 'The body must be an object.'",
  "ERR_BODY_INVALID: 'The member auth_method is missing.'",
  "ERR_BODY_INVALID: 'The member headers has an invalid header name.'",
  "ERR_BODY_INVALID: 'The member match_number must be two digits.'",
  "ERR_BODY_INVALID: 'The member peer must be an IP address or unix.'",
  "ERR_BODY_INVALID: `The member auth_method must be {authMethods.join(' or ')}.`",
  'ERR_BODY_INVALID: `The member {name} is invalid.`',
  'ERR_BODY_INVALID: `The member {name} is missing.`',
  "ERR_BODY_INVALID: known === '' ? 'This endpoint takes no members.' : `Known members: {known}.`",
  "ERR_BODY_TYPE: 'The body must be application/json.'",
  "ERR_BODY_TYPE: 'The body must be application/x-www-form-urlencoded or application/json.'",
  "ERR_DIRECTORY_VALUE: 'A device id must be a lowercase UUID.'",
  "ERR_DIRECTORY_VALUE: 'A mapping needs at least one role.'",
  "ERR_DIRECTORY_VALUE: 'A name must not be empty.'",
  "ERR_DIRECTORY_VALUE: 'An invalid date cannot be stored.'",
  "ERR_DIRECTORY_VALUE: 'Text with NUL or lone surrogates cannot be stored.'",
  'ERR_DIRECTORY_VALUE: `A text must have at most {lengths[kind]} characters.`',
  "ERR_GRANT_INVALID: 'This token cannot be renewed.'",
  "ERR_PAGE: 'after must be the last item of the previous page.'",
  "ERR_QUERY: 'The parameter group is missing.'",
  "ERR_QUERY: 'The query is not valid percent-encoding.'",
  'ERR_QUERY: `The parameter {name} is invalid.`',
  "ERR_QUERY: names.length === 0 ? 'This endpoint takes no parameters.' : `Known parameters: {names.join(', ')}.`",
  "ERR_TARGET_NOT_CANONICAL: 'The path can be read in several ways, some of them with a login at the proxy and some without.'",
  "invalid: 'client_id must be 1 to 64 characters from A-Z a-z 0-9 . _ : / -'",
  "invalid: 'redemption_id must be 8 to 128 characters from A-Z a-z 0-9 . _ ~ -'",
  'invalid: `{member} must be 1 to {textLimits.deviceName} printable characters.`',
  'invalid: `{member} must be a string of 1 to {maximumProofLength} characters.`',
];

/** Codes that only operators see, at the start or in an event. */
const forOperators: readonly string[] = [
  ...['ERR_CONFIG', 'ERR_STATE_EVICTION', 'ERR_STATE_VERSION', 'ERR_STATE_REPLICA', 'ERR_STATE_CLOCK'],
  ...['ERR_STATE_NOT_SHARED', 'ERR_DIRECTORY_CLOCK'],
];

describe('the texts of errors', () => {
  it('that clients can see are these', () => {
    expect(details()).to.deep.equal(exposed);
  });

  it('give no advice about the set-up to clients', () => {
    const advice =
      /mount|trust proxy|middleware|session:|app\.use|migrat|latchkey_|redis|sql|npm|configur|operator|docs\//i;
    for (const code of errorCodes) {
      const { expose, message, title } = new LatchkeyError(code);
      if (forOperators.includes(code)) expect(expose, code).to.equal(false);
      else expect(`${title} ${expose ? message : ''}`, code).not.to.match(advice);
    }
    for (const text of exposed) expect(text).not.to.match(advice);
  });

  it('with a status from 500 on are for the operator, and clients get the title', () => {
    for (const code of errorCodes) {
      const { expose, status, statusCode } = new LatchkeyError(code, { detail: 'run migrate(pool)' });
      expect([expose, statusCode], code).to.deep.equal(status < 500 ? [true, status] : [false, undefined]);
    }
    const plain = new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { cause: new Error('secret') });
    expect([plain.expose, plain.statusCode, plain.message]).to.deep.equal([true, 503, plain.title]);
  });

  it('keep advice about the directory and the session from browsers and apps', async () => {
    const detail = 'The database lacks tables: run migrate(pool).';
    const fail = () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail }));
    const host = await startHost({
      store: null,
      services: { session: 'every-request', resolver: { resolve: fail, find: fail, findDevice: fail } },
      withoutPairings: true,
    });
    const noSession = await host.ask('/guarded', { user: 'alice' });
    expect(noSession.json).to.include({
      code: 'ERR_SESSION_UNAVAILABLE',
      detail: 'The session store is not available',
    });
    const token = await host.ask('/api/guarded', { token: host.tokens.mint(aToken) });
    expect(token.json).to.include({ code: 'ERR_DIRECTORY_SCHEMA', detail: 'The directory has the wrong schema' });
    const renewed = await host.write('POST', '/api/auth/token', {
      json: { grant_type: 'refresh_token', refresh_token: host.tokens.mint(aToken), client_id: 'app' },
    });
    expect(renewed.text + noSession.text + token.text).not.to.match(/migrate|mount|middleware/);
    await host.close();
  });

  it('tell the operator what the client does not see', async () => {
    const store = new MemoryStore();
    const host = await startHost({ store });
    // The process has seen a session, so a missing one is no longer the client's doing.
    await host.ask('/guarded', { user: 'alice' });
    store.emit('disconnect');
    const answer = await host.ask('/guarded', { user: 'alice' });
    expect(answer.json).to.include({ status: 503, detail: 'The session store is not available' });
    const [event] = host.events.filter(({ type }) => type === 'error');
    expect(event).to.include({ code: 'ERR_SESSION_UNAVAILABLE' });
    expect(event && 'cause' in event ? event.cause : undefined).to.match(/not mounted before authenticate/);
    await host.close();
  });
});

const aToken = {
  deviceId: '0b9f3c5e-7f0a-4a6e-9d51-0c5f0d0f2a11',
  subject: 'alice',
  clientId: 'app',
  issuedAt: new Date(),
  expiresAt: new Date(Date.now() + 86_400_000),
};
