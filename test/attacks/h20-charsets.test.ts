// H20: the charset of a header turns one user into two, or into another one.
import { expect } from 'chai';
import { type IdentityServer, requestText, startIdentityServer } from '../support/identity-server.js';

describe('H20: header values', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer();
  });
  after(() => server.stop());

  const withUserBytes = async (bytes: readonly number[]) => {
    const [head = '', tail = ''] = requestText('/', [['Remote-User', '@']]).split('@');
    const [answer] = await server.exchange(Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]));
    return answer;
  };

  it('are decoded as UTF-8 from their raw bytes', async () => {
    const answer = await server.get('/', [
      ['Remote-User', 'jörg'],
      ['Remote-Name', 'Jörg Дмитрий 李'],
      ['Remote-Groups', 'größe,Ärzte'],
    ]);
    expect(answer.assertion).to.deep.equal({
      subject: 'jörg',
      displayName: 'Jörg Дмитрий 李',
      groups: ['größe', 'Ärzte'],
    });
  });

  it('are refused as latin-1, truncated, overlong or surrogate sequences, in every header', async () => {
    for (const bytes of [
      [0x6a, 0xf6, 0x72, 0x67],
      [0x61, 0xc3],
      [0xc0, 0xe1],
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xff],
    ]) {
      const answer = await withUserBytes(bytes);
      expect(answer, String(bytes)).to.include({ status: 400, code: 'ERR_HEADER_ENCODING' });
    }
    const latin1 = Buffer.from(
      requestText('/', [
        ['Remote-User', 'alice'],
        ['Remote-Name', 'J\xf6rg'],
      ]),
      'latin1',
    );
    const unnamed = (await server.exchange(latin1))[0];
    expect(unnamed).to.deep.include({ assertion: { subject: 'alice', groups: [] }, leftOut: ['display-name'] });
    const groups = Buffer.from(
      requestText('/', [
        ['Remote-User', 'alice'],
        ['Remote-Groups', 'a,\xf6'],
      ]),
      'latin1',
    );
    const grouped = (await server.exchange(groups))[0];
    expect(grouped).to.deep.include({ assertion: { subject: 'alice', groups: ['a'] }, leftOut: ['groups'] });
  });

  it('are refused as RFC 2047 words if the header set uses plain text', async () => {
    for (const value of ['=?utf-8?q?admin?=', '=?UTF-8?B?YWRtaW4=?=']) {
      expect((await server.get('/', [['Remote-User', value]])).code, value).to.equal('ERR_HEADER_ENCODING');
    }
  });

  it('are accepted with composed letters, and refused with decomposed ones', async () => {
    const composed = await server.get('/', [['Remote-User', 'j\u00f6rg']]);
    expect(composed.assertion?.subject).to.equal('j\u00f6rg');
    const decomposed = await server.get('/', [['Remote-User', 'jo\u0308rg']]);
    expect(decomposed).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
  });

  it('are decoded as latin-1 if the host sets it', async () => {
    const other = await startIdentityServer({ headers: { user: 'Remote-User', encoding: 'latin-1' } });
    try {
      const bytes = Buffer.from(requestText('/', [['Remote-User', 'j\xf6rg']]), 'latin1');
      expect((await other.exchange(bytes))[0]?.assertion?.subject).to.equal('jörg');
    } finally {
      await other.stop();
    }
  });
});
