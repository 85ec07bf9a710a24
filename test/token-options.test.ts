// Every wrong option of tokens and of quick connect stops the server at start.
import { expect } from 'chai';
import { latchkey } from '../src/index.js';
import { codeFormats } from '../src/pairing/pairing-code.js';
import { approvalPolicies } from '../src/pairing/redeem.js';
import { foreignTokensModes } from '../src/vocabulary/words.js';
import { asker, options, proof, refusal, tokens } from './support/wrong-options.js';

describe('options of tokens and quick connect', () => {
  it('are accepted as a whole, correct set', async () => {
    const rules = { lifetimeDays: 30, idleDays: 1, maximumDevices: 1, suspendAfterDays: 1.5 };
    await latchkey(options({ tokens: tokens(rules) })).close();
    const rotated = [asker({}), asker({ secret: 't'.repeat(512) })];
    await latchkey(options({ tokens: tokens({ introspection: rotated }) })).close();
  });

  const wrong: readonly [string, Record<string, unknown>, RegExp][] = [
    ['tokens that are no object', { tokens: 'secret' }, /tokens/],
    ['tokens without keys', { tokens: tokens({ keys: [] }) }, /keys/],
    ['a short secret', { tokens: tokens({ keys: [{ kid: '1', secret: 'short' }] }) }, /32/],
    ['a plain http issuer', { tokens: tokens({ issuer: 'http://api.example.com' }) }, /issuer.*https/],
    ['an issuer with a query', { tokens: tokens({ issuer: 'https://api.example.com/?x' }) }, /issuer/],
    ['a lifetime of no days', { tokens: tokens({ lifetimeDays: 0 }) }, /lifetimeDays/],
    ['idle days that are no number', { tokens: tokens({ idleDays: '30' }) }, /tokens\.idleDays.*"30"/],
    ['less than a day of idleness', { tokens: tokens({ idleDays: 0.5 }) }, /tokens\.idleDays: .*from 1 .*0\.5/],
    ['idle days without end', { tokens: tokens({ idleDays: Number.POSITIVE_INFINITY }) }, /tokens\.idleDays/],
    ['a suspension after no days', { tokens: tokens({ suspendAfterDays: 0 }) }, /tokens\.suspendAfterDays.*saw 0/],
    ['a suspension that is no number', { tokens: tokens({ suspendAfterDays: true }) }, /tokens\.suspendAfterDays/],
    ['no devices at all', { tokens: tokens({ maximumDevices: 0 }) }, /tokens\.maximumDevices.*whole number.*saw 0/],
    ['half a device', { tokens: tokens({ maximumDevices: 1.5 }) }, /tokens\.maximumDevices.*1\.5/],
    ['endless devices', { tokens: tokens({ maximumDevices: Number.POSITIVE_INFINITY }) }, /tokens\.maximumDevices/],
    ['no servers that ask', { tokens: tokens({ introspection: [] }) }, /tokens\.introspection.*omit it/],
    ['a server that is no object', { tokens: tokens({ introspection: ['reports'] }) }, /\{ clientId, secret \}/],
    ['a single server', { tokens: tokens({ introspection: asker({}) }) }, /tokens\.introspection must be a list/],
    ['a misspelt server', { tokens: tokens({ introspection: [asker({ scope: 'x' })] }) }, /\{ clientId, secret \}/],
    ['a server without a name', { tokens: tokens({ introspection: [asker({ clientId: '' })] }) }, /invalid clientId/],
    ['a server with a space', { tokens: tokens({ introspection: [asker({ clientId: 'a b' })] }) }, /invalid clientId/],
    ['a long name', { tokens: tokens({ introspection: [asker({ clientId: 'a'.repeat(65) })] }) }, /1 to 64/],
    ['a secret too short', { tokens: tokens({ introspection: [asker({ secret: 's'.repeat(31) })] }) }, /"reports".*32/],
    ['a secret too long', { tokens: tokens({ introspection: [asker({ secret: 's'.repeat(513) })] }) }, /to 512/],
    ['a secret that is no text', { tokens: tokens({ introspection: [asker({ secret: 5 })] }) }, /"reports".*32/],
    ['an issuer that the proxy guards', { tokens: tokens({ issuer: 'https://a.example/auth' }) }, /tokens\.issuer.*ed/],
    ['an issuer without a path', { tokens: tokens({ issuer: 'https://api.example.com' }) }, /tokens\.issuer/],
    ['a misspelt token option', { tokens: tokens({ issuers: '' }) }, /did you mean 'issuer'.*"issuers"/],
    [
      'a misspelt quick connect option',
      { quickConnect: { applink: 'https://a.example' } },
      /did you mean 'appLink'.*"applink"/,
    ],
    [
      'an issuer whose path only starts like an unguarded one',
      { ...proof, tokens: tokens({ issuer: 'https://a.example/apis/auth' }) },
      /^tokens\.issuer: .*'unguardedPaths' or 'sharedPaths'/,
    ],
    ['quick connect without tokens', { tokens: undefined }, /tokens: .*quickConnect/],
    ['quick connect that is no object', { quickConnect: true }, /quickConnect/],
    ['a link that runs code', { quickConnect: { appLink: 'javascript:alert(1)' } }, /appLink/],
    ['a link with a fragment', { quickConnect: { appLink: 'https://a.example/#' } }, /appLink/],
    [
      'a misspelt limit',
      { quickConnect: { appLink: 'https://a.example', limits: { pairings: 3 } } },
      /quickConnect\.limits .*pairingsPerUser/,
    ],
    ['an unknown code format', { quickConnect: { appLink: 'https://a.example', codeFormat: 'words' } }, /codeFormat/],
  ];
  for (const [title, changes, text] of wrong) {
    it(`do not allow ${title}`, () => {
      expect(refusal(changes)).to.match(text);
    });
  }

  it('accept every word', async () => {
    const accepted: readonly Record<string, unknown>[] = [
      ...foreignTokensModes.map((foreignTokens) => ({ tokens: tokens({ foreignTokens }) })),
      ...codeFormats.map((codeFormat) => ({ quickConnect: { appLink: 'https://a.example', codeFormat } })),
      ...approvalPolicies.map((approval) => ({ quickConnect: { appLink: 'https://a.example', approval } })),
    ];
    for (const changes of accepted) await latchkey(options(changes)).close();
  });

  it('accepts an issuer whose first segments the proxy cuts off', async () => {
    await latchkey(options({ tokens: tokens({ issuer: 'https://example.com/music/api/auth' }) })).close();
    await latchkey(options({ tokens: tokens({ issuer: 'https://example.com/API/auth/' }) })).close();
  });

  it('are never repeated in an error if they are secret', () => {
    expect(refusal({ tokens: tokens({ keys: [{ kid: '1', secret: 'hunter2' }] }) })).not.to.contain('hunter2');
    const introspection = [asker({ secret: 'hunter2' })];
    expect(refusal({ tokens: tokens({ introspection }) })).not.to.contain('hunter2');
    expect(refusal({ tokens: tokens({ introspection: 'hunter2' }) })).not.to.contain('hunter2');
  });
});
