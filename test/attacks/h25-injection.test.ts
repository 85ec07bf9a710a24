// H25: names inject markup, log lines or prototypes.
import { expect } from 'chai';
import { requestWith } from '../identity/stand-ins.js';
import { explainedIdentifier } from '../support/explained.js';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';
import { refusalOf } from '../support/refusal.js';

describe('H25: injection through asserted names', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  it('is refused for reserved names as the subject', async () => {
    for (const subject of [
      '__proto__',
      'constructor',
      'prototype',
      'hasOwnProperty',
      'toString',
      'ToString',
      '__defineGetter__',
    ]) {
      const answer = await server.get('/', [['Remote-User', subject]]);
      expect(answer, subject).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
    }
  });

  it('is refused for markup, quotes and query syntax as the subject', async () => {
    for (const subject of [
      '<script>alert(1)</script>',
      'a"b',
      "' OR 1=1 --",
      'a;drop',
      'a&b',
      'a`b',
      'a$b',
      'a*b',
      'a(b)',
      '<!--',
      'a,',
    ]) {
      const answer = await server.get('/', [['Remote-User', subject]]);
      expect(answer, subject).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
    }
  });

  it('is refused for invisible letters and marks in the subject', async () => {
    for (const subject of ['ali\u034fce', 'alice\ufe0f', '\u3164alice', 'ali\u200bce', 'ali\u00adce']) {
      const answer = await server.get('/', [['Remote-User', subject]]);
      expect(answer, JSON.stringify(subject)).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
    }
  });

  it('is refused for text before or after a match of the host’s own pattern', async () => {
    const own = await startIdentityServer({ subjectPattern: /alice|bob/ });
    try {
      for (const subject of ['alice<b>', 'alice bob', '<b>bob', 'alicebob', 'xalice']) {
        expect((await own.get('/', [['Remote-User', subject]])).code, subject).to.equal('ERR_SUBJECT_INVALID');
      }
      expect((await own.get('/', [['Remote-User', 'bob']])).assertion?.subject).to.equal('bob');
    } finally {
      await own.stop();
    }
  });

  it('never passes line breaks, escapes or reordering characters in any text', async () => {
    for (const sign of ['\t', '\u0085', '\u009b31m', '\u2028', '\u202e', '\u2066', '\ufeff']) {
      for (const name of ['Remote-User', 'Remote-Name', 'Remote-Email', 'Remote-Groups']) {
        const user = name === 'Remote-User' ? [] : [['Remote-User', 'alice'] as const];
        const answer = await server.get('/', [...user, [name, `a${sign}b`]]);
        const shown = `${name} ${sign.charCodeAt(0)}`;
        if (name === 'Remote-User') expect(answer, shown).to.include({ status: 400, code: 'ERR_HEADER_CONTROL' });
        else expect(answer.assertion, shown).to.deep.equal({ subject: 'alice', groups: [] });
      }
    }
  });

  it('never passes __proto__ as a group, or control characters in JSON escapes', async () => {
    const answer = await server.get('/', [
      ['Remote-User', 'alice'],
      ['Remote-Groups', 'users,__proto__'],
    ]);
    expect(answer.assertion?.groups).to.deep.equal(['users']);
    const headers = { user: 'Remote-User', groups: 'Remote-Groups', groupSeparator: 'json' };
    const json = await startIdentityServer({ headers });
    try {
      const escaped = await json.get('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', '["a\\nb","__proto__","users"]'],
      ]);
      expect(escaped.assertion?.groups).to.deep.equal(['users']);
    } finally {
      await json.stop();
    }
  });

  it('is not repeated in the error', () => {
    const identity = explainedIdentifier({ trustedProxies: ['loopback'], headers: 'authelia' });
    for (const value of ['geheim<x>', 'geheim\u0007', 'geheim\u{1f4a9}', `\${geheim}`, 'geheim'.repeat(99)]) {
      const refusal = refusalOf(() => identity.identify(requestWith([['Remote-User', value]])));
      expect(`${refusal.message} ${String(refusal.cause)}`).to.not.include('geheim');
    }
  });
});
