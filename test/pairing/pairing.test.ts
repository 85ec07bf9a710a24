// The complete state machine: every state of both flows and every event.
import { expect } from 'chai';
import {
  type Claim,
  type Decision,
  decide,
  type Pairing,
  type PairingEvent,
  statusAt,
} from '../../src/pairing/pairing.js';

const opened = 1_000_000;
const owner = { userId: 'u', subject: 'alice' };
const first: Claim = {
  deviceId: 'd1',
  deviceName: 'Phone',
  clientId: 'app',
  address: '192.0.2.1',
  pairedBy: 'code',
  redemptionHash: 'h1',
  claimedAt: opened + 10_000,
};
const second: Claim = { ...first, deviceId: 'd2', redemptionHash: 'h2' };
const { redemptionHash: _, ...anonymous } = first;
const usedAt = first.claimedAt;
const soon = usedAt + 1;

const open: Pairing = {
  id: 'p',
  flow: 'browser',
  owner,
  kid: 'k',
  locator: 'AB12',
  openedAt: opened,
  expiresAt: opened + 300_000,
  state: 'open',
};
const claimed: Pairing = { ...open, state: 'claimed', claim: first };
const approved: Pairing = { ...claimed, state: 'approved', approvedAt: usedAt };
const redeemed: Pairing = { ...open, state: 'redeemed', claim: first, redeemedAt: usedAt };
const issued: Pairing = { ...redeemed, issued: true };
const replayed: Pairing = { ...issued, state: 'burned', replayed: true };
const burned: Pairing = { ...open, state: 'burned' };
const denied: Pairing = { ...claimed, state: 'denied' };
const cancelled: Pairing = { ...open, state: 'cancelled' };

const { owner: _owner, locator: _locator, ...unowned } = open;
const requested: Pairing = { ...unowned, flow: 'device', claim: { ...anonymous, pairedBy: 'user-code' } };

const prove = (claim: Claim, approval = false): PairingEvent => ({ type: 'prove', claim, approval });
const approve: PairingEvent = { type: 'approve', owner, matched: true };
const mismatch: PairingEvent = { type: 'approve', owner, matched: false };
const deny: PairingEvent = { type: 'deny' };
const collect: PairingEvent = { type: 'collect' };
const issue: PairingEvent = { type: 'issue', deviceId: 'd1', redeemedAt: usedAt };
const release: PairingEvent = { type: 'release', deviceId: 'd1', redeemedAt: usedAt };
const replay = { type: 'replay', claim: second } as const;
const exhaust: PairingEvent = { type: 'exhaust' };
const cancel: PairingEvent = { type: 'cancel' };

const events: Readonly<Record<string, PairingEvent>> = {
  prove: prove(second),
  claim: prove(second, true),
  'prove again': prove(first),
  approve,
  mismatch,
  deny,
  collect,
  issue,
  release,
  replay,
  'replay found': { ...replay, redeemedAt: usedAt },
  exhaust,
  cancel,
};

/** The events that have an effect in each state, and their result. Every other event is refused. */
const table: readonly [name: string, pairing: Pairing, Readonly<Record<string, string>>][] = [
  [
    'open at the browser',
    open,
    {
      prove: 'moved redeemed',
      claim: 'moved claimed',
      'prove again': 'moved redeemed',
      collect: 'waiting open',
      replay: 'moved burned',
      'replay found': 'moved burned',
      exhaust: 'moved burned',
      cancel: 'moved cancelled',
    },
  ],
  [
    'open at the device',
    requested,
    {
      approve: 'moved approved',
      mismatch: 'moved open',
      deny: 'moved denied',
      collect: 'waiting open',
      replay: 'moved burned',
      'replay found': 'moved burned',
      cancel: 'moved cancelled',
    },
  ],
  [
    'claimed',
    claimed,
    {
      'prove again': 'waiting claimed',
      approve: 'moved approved',
      mismatch: 'moved claimed',
      deny: 'moved denied',
      collect: 'waiting claimed',
      replay: 'moved burned',
      'replay found': 'moved burned',
      cancel: 'moved cancelled',
    },
  ],
  [
    'approved',
    approved,
    {
      'prove again': 'moved redeemed',
      collect: 'moved redeemed',
      replay: 'moved burned',
      'replay found': 'moved burned',
      cancel: 'moved cancelled',
    },
  ],
  [
    'redeemed, not issued',
    redeemed,
    {
      'prove again': 'again redeemed',
      collect: 'again redeemed',
      issue: 'moved redeemed',
      release: 'moved open',
      'replay found': 'moved burned',
    },
  ],
  [
    'redeemed and issued',
    issued,
    {
      prove: 'moved burned',
      claim: 'moved burned',
      'prove again': 'again redeemed',
      collect: 'again redeemed',
      issue: 'again redeemed',
      'replay found': 'moved burned',
    },
  ],
  [
    'replayed',
    replayed,
    {
      prove: 'replayed burned',
      claim: 'replayed burned',
      'prove again': 'replayed burned',
      replay: 'replayed burned',
      'replay found': 'replayed burned',
    },
  ],
  ['burned', burned, {}],
  ['denied', denied, {}],
  ['cancelled', cancelled, {}],
];

const told = ({ outcome, pairing }: Decision): string => `${outcome} ${pairing.state}`;

describe('pairing', () => {
  it('is open, claimed or approved until it expires', () => {
    for (const pairing of [open, requested, claimed, approved]) {
      expect(statusAt(pairing, pairing.expiresAt - 1)).to.equal(pairing.state);
      expect(statusAt(pairing, pairing.expiresAt)).to.equal('expired');
    }
    for (const pairing of [redeemed, burned, denied, cancelled]) {
      expect(statusAt(pairing, pairing.expiresAt)).to.equal(pairing.state);
    }
  });

  for (const [name, pairing, outcomes] of table) {
    it(`handles every event of a pairing that is ${name}`, () => {
      for (const [event, what] of Object.entries(events)) {
        const expected = outcomes[event] ?? `refused ${pairing.state}`;
        expect(told(decide(pairing, what, soon)), event).to.equal(expected);
      }
    });
  }

  it('refuses every event after expiry', () => {
    for (const pairing of [open, requested, claimed, approved]) {
      for (const [name, event] of Object.entries(events)) {
        const decision = decide(pairing, event, pairing.expiresAt);
        expect(decision, `${pairing.state}, ${name}`).to.deep.equal({ outcome: 'refused', pairing });
      }
    }
  });

  it('stores how the app described itself and when it was redeemed', () => {
    expect(decide(open, prove(first), usedAt).pairing).to.deep.equal(redeemed);
    expect(decide(approved, collect, soon).pairing).to.deep.equal({ ...approved, state: 'redeemed', redeemedAt: soon });
    expect(decide(redeemed, issue, soon).pairing).to.deep.equal(issued);
    expect(decide(issued, prove(second), soon).pairing).to.deep.equal(replayed);
  });

  it('extends the expiry so that the user can decide and the app can collect', () => {
    const late = open.expiresAt - 1;
    const claim = decide(open, prove(first, true), late).pairing;
    expect(claim.expiresAt).to.equal(late + 120_000);
    expect(decide(claim, approve, claim.expiresAt - 1).pairing.expiresAt).to.equal(claim.expiresAt - 1 + 60_000);
    expect(decide(open, prove(first, true), soon).pairing.expiresAt).to.equal(open.expiresAt);
    expect(decide(claimed, approve, soon).pairing.expiresAt).to.equal(open.expiresAt);
  });

  it('belongs to the approving user in the device flow', () => {
    expect(decide(requested, approve, soon).pairing).to.deep.include({ owner, approvedAt: soon });
    expect(decide(requested, deny, soon).pairing).to.not.have.property('owner');
  });

  it('is denied after the third wrong number, not after the second', () => {
    let pairing = claimed;
    for (const [wrongNumbers, state] of [
      [1, 'claimed'],
      [2, 'claimed'],
      [3, 'denied'],
    ] as const) {
      pairing = decide(pairing, mismatch, soon).pairing;
      expect(pairing).to.include({ wrongNumbers, state });
    }
    expect(told(decide(pairing, approve, soon))).to.equal('refused denied');
  });

  it('repeats the answer to the same redemption for 60 s, with the first device', () => {
    for (const event of [prove({ ...second, redemptionHash: 'h1' }), prove(first), collect]) {
      expect(decide(redeemed, event, usedAt + 59_999)).to.deep.equal({ outcome: 'again', pairing: redeemed });
      expect(told(decide(redeemed, event, usedAt + 60_000))).to.equal('refused redeemed');
      expect(told(decide(redeemed, event, open.expiresAt + 1)), 'after its time').to.equal('refused redeemed');
    }
  });

  it('is issued and released only by its own redemption', () => {
    for (const type of ['issue', 'release'] as const) {
      for (const other of [
        { deviceId: 'd2', redeemedAt: usedAt },
        { deviceId: 'd1', redeemedAt: usedAt - 1 },
      ]) {
        expect(told(decide(redeemed, { type, ...other }, soon))).to.equal('refused redeemed');
      }
    }
  });

  it('is burned if only the directory knows its redemption, and keeps the device id', () => {
    expect(decide(open, replay, soon).pairing).to.deep.equal({
      ...open,
      claim: second,
      state: 'burned',
      replayed: true,
    });
    expect(decide(issued, { ...replay, redeemedAt: usedAt }, soon).pairing).to.deep.equal(replayed);
  });

  it('treats a redemption id from another app as another redemption', () => {
    const foreign = prove({ ...first, clientId: 'other' });
    expect(told(decide(redeemed, foreign, soon))).to.equal('refused redeemed');
    expect(told(decide(issued, foreign, soon))).to.equal('moved burned');
    expect(told(decide(claimed, foreign, soon))).to.equal('refused claimed');
    expect(told(decide(approved, foreign, soon))).to.equal('refused approved');
  });

  it('keeps only the subject and the id of the user who approves', () => {
    const principal = { ...owner, roles: new Set(['admin']), email: 'alice@example.com' };
    for (const pairing of [claimed, requested]) {
      expect(decide(pairing, { ...approve, owner: principal }, soon).pairing.owner).to.deep.equal(owner);
    }
  });

  it('has its previous state again after a release', () => {
    expect(decide(redeemed, release, soon).pairing).to.deep.equal(open);
    const collected = decide(approved, collect, soon).pairing;
    expect(decide(collected, { ...release, redeemedAt: soon }, soon + 1).pairing).to.deep.equal(approved);
  });

  it('refuses concurrent redemptions before the token is issued, and revokes nothing', () => {
    for (const claim of [second, anonymous]) {
      for (const pairing of [redeemed, claimed, approved]) {
        expect(told(decide(pairing, prove(claim), soon))).to.equal(`refused ${pairing.state}`);
      }
    }
  });

  it('is burned by a second redemption at any time after the token may be issued', () => {
    for (const claim of [second, anonymous]) {
      for (const at of [soon, open.expiresAt + 1]) {
        expect(decide(issued, prove(claim), at)).to.deep.equal({ outcome: 'moved', pairing: replayed });
      }
    }
  });

  it('treats two redemptions without an id as different', () => {
    expect(told(decide({ ...issued, claim: anonymous }, prove(anonymous), soon))).to.equal('moved burned');
    expect(told(decide({ ...claimed, claim: anonymous }, prove(anonymous), soon))).to.equal('refused claimed');
  });
});
