// The proxy secret.
import { expect } from 'chai';
import { proxySecret } from '../../src/identity/proxy-secret.js';
import { refusalOf } from '../support/refusal.js';

const current = 'current-0123456789';
const former = 'former-01234567890';

describe('the proxy secret', () => {
  it('matches its only value and nothing else', () => {
    const secret = proxySecret({ header: 'X-Proxy-Secret', values: [current] });
    expect(secret.header).to.equal('x-proxy-secret');
    expect(secret.matches(current)).to.equal(true);
    for (const value of [undefined, '', former, current.slice(1), `${current} `, current.toUpperCase()]) {
      expect(secret.matches(value), value).to.equal(false);
    }
  });

  it('matches both values during rotation', () => {
    const secret = proxySecret({ header: 'X-Proxy-Secret', values: [current, former] });
    expect([secret.matches(current), secret.matches(former), secret.matches(current + former)]).to.deep.equal([
      true,
      true,
      false,
    ]);
  });

  it('is refused at startup when it is too weak, without quoting it in the error', () => {
    for (const values of [
      undefined,
      [],
      [''],
      ['short'],
      [current, former, 'third-0123456789'],
      current,
      [7],
      ['with spaces inside it'],
      [current, undefined],
    ]) {
      const refusal = refusalOf(() => proxySecret({ header: 'X-Proxy-Secret', values }));
      expect(refusal.code).to.equal('ERR_CONFIG');
      expect(refusal.message).to.not.match(/short|spaces|current-|former-|third-/);
    }
  });

  it('is refused at startup in any other shape', () => {
    for (const option of [null, current, true, { values: [current] }, { header: 'Cookie', values: [current] }]) {
      const refusal = refusalOf(() => proxySecret(option));
      expect(refusal.code).to.equal('ERR_CONFIG');
      expect(refusal.message).to.not.include(current);
    }
    const misspelt = refusalOf(() => proxySecret({ header: 'X-Proxy-Secret', value: [current] }));
    expect(misspelt.message).to.include("did you mean 'values'?");
  });
});
