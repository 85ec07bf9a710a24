// How a process sees a user: by header, by session and by the token of each device.
import type { Resolver } from '../../src/directory/resolution/resolve-principal.js';
import type { Account } from '../../src/vocabulary/types.js';
import { refusal } from '../support/people.js';

/** A user, and how the user authenticates. */
export interface Person {
  readonly subject: string;
  /** The groups that the proxy asserts. `undefined`: the user sends no header. */
  readonly groups: readonly string[] | undefined;
  readonly devices: readonly string[];
}

/** What a process answers about a user: roles and status, `nobody`, or the code of an error. */
export interface View {
  readonly header?: string;
  readonly session: string;
  /** One answer for the token of each device. */
  readonly tokens: readonly string[];
}

/** An account's roles and status, as text. */
export function textOf({ roles, disabled, pending }: Account): string {
  return [[...roles].sort().join('+'), disabled ? 'disabled' : '', pending ? 'pending' : ''].filter(Boolean).join(' ');
}

/** A resolver's view of a user. `warm`: it answered everything from memory, without a promise. */
export async function look(
  resolver: Pick<Resolver, 'resolve' | 'find' | 'findDevice'>,
  { subject, groups, devices }: Person,
): Promise<{ readonly warm: boolean; readonly view: View }> {
  const header = groups && resolver.resolve({ subject, groups });
  const session = resolver.find(subject);
  const tokens = devices.map((id) => resolver.findDevice(id, subject));
  const warm = ![header, session, ...tokens].some((answer) => answer instanceof Promise);

  async function outcome<Answer>(answer: Answer | Promise<Answer>, say: (found: Answer) => string): Promise<string> {
    return (await refusal(answer)) ?? say(await answer);
  }
  const ofAccount = (found: Account | undefined): string => (found === undefined ? 'nobody' : textOf(found));
  const [bySession, byHeader, ...byTokens] = await Promise.all([
    outcome(session, ofAccount),
    outcome(header, ofAccount),
    ...tokens.map((answer) =>
      outcome(answer, (owner) => {
        if (owner === undefined) return 'nobody';
        const { revokedAt, renewedAt, serial, name } = owner.device;
        if (revokedAt !== undefined) return 'revoked';
        return `${textOf(owner.account)} #${serial}${renewedAt === undefined ? '' : ' renewing'} ${name}`;
      }),
    ),
  ]);
  const view = { session: bySession, tokens: byTokens };
  return { warm, view: groups === undefined ? view : { header: byHeader, ...view } };
}
