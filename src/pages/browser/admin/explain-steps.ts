// Shows an explanation as sentences. The result of each step is shown by a word and a sign, so that users do not have
// to rely on the color.

import type { ExplainResponse, WireHeader, WireStep } from '../../../vocabulary/wire/explain-json.js';
import { named, pieces } from '../shared/dom.js';
import { adminTexts as words } from '../texts/admin-texts.js';
import { chips, fact, listed, make, userTags } from './table-rows.js';

type Verdict = 'passed' | 'refused' | 'noted';
type Said = readonly [verdict: Verdict, ...content: (string | Node)[]];

const verdictWords = { passed: words.stepPassed, refused: words.stepRefused, noted: words.stepNoted };
const signs = { passed: '✓', refused: '✗', noted: '·' };

/** Returns the steps of the explanation as items for an ordered list. */
export function explained({ steps }: ExplainResponse): readonly HTMLElement[] {
  // If an invalid header led to a refusal, the explanation has no assertion step. An invalid display name or group does
  // not lead to a refusal.
  const endsHere = !steps.some(({ step }) => step === 'assertion');
  return steps.map((step) => {
    const [verdict, ...content] = said(step, endsHere);
    return make(
      'li',
      { class: `step step-${verdict}` },
      make(
        'p',
        { class: 'step-verdict' },
        make('span', { class: 'step-sign', 'aria-hidden': 'true' }, signs[verdict]),
        verdictWords[verdict],
      ),
      make('div', { class: 'step-text' }, ...content),
    );
  });
}

/** Returns the outcome. */
export function outcome({ outcome: end, code }: ExplainResponse): readonly HTMLElement[] {
  if (end === 'admitted') return [make('strong', { class: 'outcome-admitted' }, words.outcomeAdmitted)];
  if (end === 'refused') {
    return [make('strong', { class: 'outcome-refused' }, ...pieces(words.outcomeRefused, { code: codeOf(code) }))];
  }
  const why = code === null ? [] : [' ', codeOf(code)];
  return [
    make('strong', { class: 'outcome-nobody' }, words.outcomeNobody),
    make('span', {}, words.outcomeNobodyText, ...why),
  ];
}

function said(step: WireStep, endsHere: boolean): Said {
  switch (step.step) {
    case 'peer': {
      const address = step.address === null ? make('span', {}, words.peerUnknown) : named(step.address);
      return step.trusted
        ? ['passed', paragraph(words.peerTrusted, { address })]
        : ['refused', paragraph(words.peerUntrusted, { address })];
    }
    case 'header_login':
      return ['noted', paragraph(words.headerLoginOff)];
    case 'target': {
      const target = named(step.target);
      if (!step.canonical) return ['refused', paragraph(words.targetOdd, { target })];
      if (step.shared) return ['passed', paragraph(words.targetShared, { target })];
      return step.unguarded
        ? ['refused', paragraph(words.targetUnguarded, { target })]
        : ['passed', paragraph(words.targetGuarded, { target })];
    }
    case 'proxy_secret':
      if (!step.required) return ['noted', paragraph(words.secretNotRequired)];
      if (step.assumed) return ['noted', paragraph(words.secretAssumed)];
      return step.held ? ['passed', paragraph(words.secretHeld)] : ['refused', paragraph(words.secretWrong)];
    case 'headers':
      return saidOfHeaders(step.headers, endsHere);
    case 'assertion':
      return saidOfAssertion(step);
    case 'account':
      return saidOfAccount(step);
    case 'mappings':
      return saidOfMappings(step);
    case 'roles':
      return saidOfRoles(step);
    case 'admission':
      return saidOfAdmission(step);
  }
}

function saidOfHeaders(headers: readonly WireHeader[], endsHere: boolean): Said {
  if (headers.length === 0) return ['noted', paragraph(words.headersNone)];
  const kinds = {
    user: words.kindUser,
    name: words.kindName,
    email: words.kindEmail,
    groups: words.kindGroups,
    secret: words.kindSecret,
    alias: words.kindAlias,
  };
  const unusable = headers.some(({ code }) => code !== null);
  const rows = headers.map(({ name, kind, value, code }) =>
    make(
      'div',
      {},
      make('dt', {}, named(name), make('span', { class: 'kind' }, kinds[kind])),
      make(
        'dd',
        {},
        ...(code === null ? [] : [codeOf(code), ' ']),
        ...(value === null ? (code === null ? [words.valueHidden] : []) : [named(value)]),
      ),
    ),
  );
  return [
    unusable ? (endsHere ? 'refused' : 'noted') : 'passed',
    paragraph(unusable ? words.headersRefused : words.headersSeen),
    make('dl', { class: 'facts' }, ...rows),
  ];
}

function saidOfAssertion({ subject, display_name: name, email, groups }: Of<'assertion'>): Said {
  const facts = [
    ...(name === null ? [] : [fact(words.fieldName, named(name))]),
    ...(email === null ? [] : [fact(words.email, named(email))]),
  ];
  return [
    'passed',
    paragraph(words.asserted, { subject: named(subject) }),
    ...(facts.length === 0 ? [] : [make('dl', { class: 'facts' }, ...facts)]),
    paragraph(
      groups === null ? words.assertedNoGroups : groups.length === 0 ? words.assertedNone : words.assertedGroups,
    ),
    ...(groups === null || groups.length === 0 ? [] : [chips(groups)]),
  ];
}

function saidOfAccount({ user, provisioning }: Of<'account'>): Said {
  const doing = {
    create: words.accountCreate,
    update: words.accountUpdate,
    unchanged: words.accountUnchanged,
    none: user === null ? words.accountNotMade : '',
  }[provisioning];
  return [
    user === null && provisioning === 'none' ? 'refused' : 'passed',
    user === null
      ? paragraph(words.accountUnknown)
      : paragraph(words.accountKnown, {
          subject: make('a', { href: `#users/${encodeURIComponent(user.id)}` }, named(user.subject)),
        }),
    ...(doing === '' ? [] : [paragraph(doing)]),
    ...(user === null ? [] : [make('p', { class: 'tags' }, ...userTags(user))]),
  ];
}

function saidOfMappings({ mappings }: Of<'mappings'>): Said {
  if (mappings.length === 0) return ['noted', paragraph(words.matchesNone)];
  const items = mappings.map(({ group, source, matched, roles }) => {
    const gives = pieces(words.matchGives, { group: named(group), roles: listed(roles) });
    const by = matched.every((name) => name === group)
      ? []
      : [' ', ...pieces(words.matchBy, { groups: listed(matched) })];
    const from = source === 'configuration' ? [' · ', words.configured] : [];
    return make('li', {}, ...gives, ...by, ...from);
  });
  return ['passed', paragraph(words.matches), make('ul', { class: 'plain-list' }, ...items)];
}

function saidOfRoles({ managed, granted, default: defaults = [], roles }: Of<'roles'>): Said {
  if (roles.length === 0) return ['noted', paragraph(words.rolesNone)];
  const or = (names: readonly string[]) => (names.length === 0 ? make('span', {}, words.none) : listed(names));
  return [
    'passed',
    paragraph(words.rolesSo),
    chips(roles),
    paragraph(words.rolesFrom, { managed: or(managed), granted: or(granted) }),
    ...(defaults.length === 0 ? [] : [paragraph(words.rolesByDefault, { roles: listed(defaults) })]),
  ];
}

function saidOfAdmission({ header, session, token }: Of<'admission'>): Said {
  if (header === null && session === null && token === null) return ['passed', paragraph(words.admissionAll)];
  const way = (label: string, code: string | null) =>
    fact(label, ...(code === null ? [words.letIn] : pieces(words.notLetIn, { code: codeOf(code) })));
  return [
    'refused',
    paragraph(words.admissionSome),
    make(
      'dl',
      { class: 'facts' },
      way(words.viaHeader, header),
      way(words.viaSession, session),
      way(words.viaToken, token),
    ),
  ];
}

type Of<Name extends WireStep['step']> = Extract<WireStep, { readonly step: Name }>;

function paragraph(text: string, values: Readonly<Record<string, Element>> = {}): HTMLElement {
  return make('p', {}, ...pieces(text, values));
}

function codeOf(code: string | null): HTMLElement {
  return make('code', { dir: 'ltr' }, named(code ?? ''));
}
