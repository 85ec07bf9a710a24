// P11: the scan of the logs of all servers, which runs during all tests, finds secrets.
import { expect } from 'chai';
import { deviceCode } from '../../src/pairing/secrets.js';
import { newUserCode } from '../../src/pairing/user-code.js';
import { keyRing } from '../../src/tokens/key-ring.js';
import { logScan, runScan } from '../support/log-scan.js';
import { startNginx } from '../support/nginx.js';
import { pairingRig, proofOf, ringKey } from '../support/pairing-rig.js';

describe('P11: the scan of logs', () => {
  it('finds each kind of secret, even across two chunks', async () => {
    const rig = await pairingRig();
    const { id, code = '', uri = '' } = await rig.pairings.open(rig.alice);
    const { accessToken } = await rig.redeem(proofOf(uri));
    const secrets: Record<string, string> = {
      token: accessToken,
      code,
      'user code': newUserCode(),
      'QR secret': new URL(uri).hash,
      'device code': deviceCode(keyRing([ringKey]), { id, kid: ringKey.kid }) ?? '',
    };
    for (const [kind, secret] of Object.entries(secrets)) {
      const scan = logScan();
      scan.read('nginx', `127.0.0.1 "GET /x?y=${secret.slice(0, 5)}`);
      expect(scan.findings, kind).to.deep.equal([]);
      scan.read('nginx', `${secret.slice(5)} HTTP/1.1"\n`);
      expect(scan.findings, kind).to.deep.equal([{ source: 'nginx', kind }]);
    }
    await rig.close();
  });

  it('does not report ids, dates and addresses', () => {
    const scan = logScan();
    scan.read(
      'app',
      `2026-11-28 08:10:13 ${crypto.randomUUID()} 2001:db8::1 "GET /auth/pairings/${crypto.randomUUID()}"`,
    );
    scan.read('app', 'LATCHKEY_TRUST ERR_PEER_UNTRUSTED sha256-0123456789abcdef {"a":"b.c.d"}');
    expect(scan.findings).to.deep.equal([]);
  });

  it('reads the access log of nginx', async () => {
    const nginx = await startNginx((listen) => `server { listen ${listen}; return 204; }`);
    const before = runScan.lengths.get('nginx access') ?? 0;
    const mark = `/a-request-${'x'.repeat(100)}`;
    expect((await fetch(nginx.url + mark)).status).to.equal(204);
    await nginx.stop();
    expect((runScan.lengths.get('nginx access') ?? 0) - before).to.be.greaterThan(mark.length);
  });
});
