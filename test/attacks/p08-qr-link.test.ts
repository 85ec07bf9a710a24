// P8: a QR code leads to a hostile server, to an address that the proxy blocks, or puts its secret into a log.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { appLink, codeOf, issuer, type PairingRig, pairingRig, proofOf } from '../support/pairing-rig.js';
import { temporaryFolder } from '../support/processes.js';

/** Converts the strokes of the SVG, each one module high, to a portable bitmap. */
function bitmap(svg: string): string {
  const size = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1]);
  const rows = Array.from({ length: size }, () => Array<number>(size).fill(0));
  const strokes = /stroke="#000000" d="([^"]+)"/.exec(svg)?.[1] ?? '';
  let [x, y] = [0, 0];
  for (const [, command, numbers = ''] of strokes.matchAll(/([Mmh])([-\d. ]+)/g)) {
    const [first = 0, second = 0] = numbers.trim().split(' ').map(Number);
    if (command === 'h') rows[y]?.fill(1, x, x + first);
    if (command === 'h') x += first;
    if (command === 'm') [x, y] = [x + first, y + second];
    if (command === 'M') [x, y] = [first, second - 0.5];
  }
  const scale = 4;
  const wide = rows.map((row) => row.flatMap((cell) => Array<number>(scale).fill(cell)).join(' '));
  return `P1\n${size * scale} ${size * scale}\n${wide.flatMap((row) => Array<string>(scale).fill(row)).join('\n')}\n`;
}

describe('P8: the QR link', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  it('leads to the configured app link, and contains the configured issuer', async () => {
    const { id, uri = '' } = await rig.pairings.open(rig.alice);
    const [link, fragment] = uri.split('#');
    expect(link).to.equal(appLink);
    const members = Object.fromEntries(new URLSearchParams(fragment));
    expect(Object.keys(members)).to.deep.equal(['v', 'iss', 'id', 's']);
    expect(members).to.include({ v: '1', iss: issuer, id });
  });

  it('has its secret only in the fragment, which no server or log receives', async () => {
    const { uri = '' } = await rig.pairings.open(rig.alice);
    const { secret } = proofOf(uri);
    const url = new URL(uri);
    url.hash = '';
    expect(url.href).to.not.contain(secret).and.not.contain('?');
  });

  it('contains 128 bits that are unique to this pairing and different from its code', async () => {
    const [first, second] = [await rig.pairings.open(rig.alice), await rig.pairings.open(rig.alice)];
    const secrets = [first, second].map(({ uri }) => proofOf(uri).secret);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).to.have.length(16);
    expect(secrets[0]).to.not.equal(secrets[1]);
    const crossed = { id: first.id, secret: secrets[1] ?? '' };
    expect(await rig.outcome(crossed)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome({ id: first.id, secret: first.code ?? '' })).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome({ id: first.id, secret: secrets[0] ?? '' })).to.equal('token');
  });

  it('can be decoded from the SVG unchanged', async () => {
    const { id, uri } = await rig.pairings.open(rig.alice);
    const svg = await rig.pairings.qr(rig.alice, id);
    expect(svg).to.match(/^<svg /);
    const folder = await temporaryFolder('qr');
    const file = join(folder.path, 'qr.pbm');
    await writeFile(file, bitmap(svg));
    const { stdout } = await promisify(execFile)('zbarimg', ['-q', '--raw', file]);
    await folder.remove();
    expect(stdout.trim()).to.equal(uri);
  });

  it('ends with the pairing', async () => {
    const { id, uri } = await rig.pairings.open(rig.alice);
    await rig.pairings.cancel(rig.alice, id);
    expect(await rig.pairings.view(rig.alice, id)).to.not.have.property('uri');
    expect(await rig.pairings.qr(rig.alice, id).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
    expect(await rig.outcome(proofOf(uri))).to.equal('ERR_GRANT_INVALID');
  });

  it('allows only a limited number of tries at its secret', async () => {
    const { id, uri } = await rig.pairings.open(rig.alice);
    for (let guess = 0; guess < 5; guess += 1) {
      expect(await rig.outcome({ id, secret: `guess-${guess}` })).to.equal('ERR_GRANT_INVALID');
    }
    expect(await rig.outcome(proofOf(uri))).to.equal('ERR_GRANT_INVALID');
    expect(await rig.pairings.view(rig.alice, id)).to.include({ status: 'burned' });
  });
});
