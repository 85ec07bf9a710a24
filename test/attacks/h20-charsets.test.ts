// H20, one person who becomes two, or another one, by the charset of a header.
import { expect } from 'chai';
import { type IdentityServer, requestText, startIdentityServer } from '../support/identity-server.js';

describe('H20: charsets', () => {
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

  it('are UTF-8, byte by byte as it came over the wire', async () => {
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

  it('are never read as latin-1, cut, overlong or surrogate sequences, in any header', async () => {
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

  it('are refused as RFC 2047 words where plain text was agreed on', async () => {
    for (const value of ['=?utf-8?q?admin?=', '=?UTF-8?B?YWRtaW4=?=']) {
      expect((await server.get('/', [['Remote-User', value]])).code, value).to.equal('ERR_HEADER_ENCODING');
    }
  });

  it('are composed letters: decomposed ones are nobody else, and nobody', async () => {
    const composed = await server.get('/', [['Remote-User', 'j\u00f6rg']]);
    expect(composed.assertion?.subject).to.equal('j\u00f6rg');
    const decomposed = await server.get('/', [['Remote-User', 'jo\u0308rg']]);
    expect(decomposed).to.include({ status: 400, code: 'ERR_SUBJECT_INVALID' });
  });

  it('are latin-1 where the host says so', async () => {
    const other = await startIdentityServer({ headers: { user: 'Remote-User', encoding: 'latin-1' } });
    try {
      const bytes = Buffer.from(requestText('/', [['Remote-User', 'j\xf6rg']]), 'latin1');
      expect((await other.exchange(bytes))[0]?.assertion?.subject).to.equal('jörg');
    } finally {
      await other.stop();
    }
  });
});
