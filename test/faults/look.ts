// What a process makes of somebody, by every way in.
import type { Resolver } from '../../src/directory/resolution/resolve-principal.js';
import type { Account } from '../../src/vocabulary/types.js';
import { refusal } from '../support/people.js';

/** By which ways somebody comes in. */
export interface Looked {
  readonly subject: string;
  /** Those that the proxy asserts. `undefined`: they do not come by header. */
  readonly groups: readonly string[] | undefined;
  readonly devices: readonly string[];
}

/** What is made of somebody: roles and marks, `nobody`, or the code of an error. */
export interface View {
  readonly header?: string;
  readonly session: string;
  /** By token of each device. */
  readonly tokens: readonly string[];
}

/** Roles and marks. */
export function textOf({ roles, disabled, pending }: Account): string {
  return [[...roles].sort().join('+'), disabled ? 'disabled' : '', pending ? 'pending' : ''].filter(Boolean).join(' ');
}

/** What is made of somebody, and whether all was answered at once. */
export async function look(
  resolver: Pick<Resolver, 'resolve' | 'find' | 'findDevice'>,
  { subject, groups, devices }: Looked,
): Promise<{ readonly warm: boolean; readonly view: View }> {
  const header = groups && resolver.resolve({ subject, groups });
  const session = resolver.find(subject);
  const tokens = devices.map((id) => resolver.findDevice(id, subject));
  const warm = ![header, session, ...tokens].some((answer) => answer instanceof Promise);

  async function said<Answer>(answer: Answer | Promise<Answer>, say: (found: Answer) => string): Promise<string> {
    return (await refusal(answer)) ?? say(await answer);
  }
  const ofAccount = (found: Account | undefined): string => (found === undefined ? 'nobody' : textOf(found));
  const [bySession, byHeader, ...byTokens] = await Promise.all([
    said(session, ofAccount),
    said(header, ofAccount),
    ...tokens.map((answer) =>
      said(answer, (owner) => {
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
