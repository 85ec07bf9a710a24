// H25, markup, log lines and prototypes by way of names.
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

  it('finds no reserved name as subject', async () => {
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

  it('finds no markup, quotes or query syntax as subject', async () => {
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

  it('finds no letters or marks that nobody sees as part of a subject', async () => {
    for (const subject of ['ali\u034fce', 'alice\ufe0f', '\u3164alice', 'ali\u200bce', 'ali\u00adce']) {
      const answer = await server.get('/', [['Remote-User', subject]]);
      expect(answer, JSON.stringify(subject)).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
    }
  });

  it('finds nothing before or behind what the host’s own pattern takes', async () => {
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

  it('finds no line breaks, escapes or reordering in any text', async () => {
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

  it('finds no __proto__ as group, nor a control in the escapes of JSON', async () => {
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

  it('finds nothing of itself in the error', () => {
    const identity = explainedIdentifier({ trustedProxies: ['loopback'], headers: 'authelia' });
    for (const value of ['geheim<x>', 'geheim\u0007', 'geheim\u{1f4a9}', `\${geheim}`, 'geheim'.repeat(99)]) {
      const refusal = refusalOf(() => identity.identify(requestWith([['Remote-User', value]])));
      expect(`${refusal.message} ${String(refusal.cause)}`).to.not.include('geheim');
    }
  });
});
