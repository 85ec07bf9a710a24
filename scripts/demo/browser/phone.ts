// The stand-in phone app. It redeems a code or a link, and calls the app with the token that it gets.

interface Connection {
  readonly token: string;
  readonly deviceId: string;
  readonly subject: string;
  readonly name?: string;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

// A phone app would use its keychain. This page has its own origin, where nothing else is stored.
const storageKey = 'connection';

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${id}.`);
  return found;
}

const connectForm = element('connect', HTMLFormElement);
const codeField = element('code', HTMLInputElement);
const nameField = element('device-name', HTMLInputElement);
const linkNote = element('link-note', HTMLElement);
const message = element('message', HTMLElement);
const connected = element('connected', HTMLElement);
const account = element('account', HTMLElement);
const output = element('output', HTMLElement);

/** What an error means for the user of the phone. */
const sentences: Readonly<Record<string, string>> = {
  invalid_grant: 'This code is wrong, used or too old. Ask for a new one in the browser, and try again.',
  invalid_request: 'This does not look like a code. A code has three groups of four letters and digits.',
  slow_down: 'Too many wrong codes from this address. Wait a moment, then try again.',
  temporarily_unavailable: 'The server is temporarily unavailable. Nothing is lost: try again in a moment.',
  wrong_server: 'This link is for another server than the one that this app is set up for. The app did not use it.',
  invalid_token: 'The server does not take this phone’s token any more: it was revoked, or the account is disabled.',
  unreachable: 'The server does not answer. Check that the demo is still running.',
};

function tell(text: string, kind: 'good' | 'bad' | '' = ''): void {
  message.textContent = text;
  message.className = kind === '' ? '' : `message ${kind}`;
}

function explain(answer: Answer): string {
  const error = answer.body['error'];
  const code = answer.body['code'];
  if (answer.status === 401) return sentences['invalid_token'] ?? '';
  if (typeof error === 'string' && sentences[error] !== undefined) return sentences[error];
  if (answer.status === 403)
    return `The server does not allow this account to do that${typeof code === 'string' ? ` (${code})` : ''}.`;
  return `The server answered ${answer.status}.`;
}

async function ask(path: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(path, { ...init, credentials: 'omit', cache: 'no-store' });
    const body: unknown = await response.json();
    return { status: response.status, body: body as Answer['body'] };
  } catch {
    return { status: 0, body: { error: 'unreachable' } };
  }
}

/** The proof from the link that opened the page, if there was one: `#v=1&iss=…&id=…&s=…`. */
let link: { readonly iss: string; readonly id: string; readonly secret: string } | undefined;

function readLink(): void {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const [iss, id, secret] = [fragment.get('iss'), fragment.get('id'), fragment.get('s')];
  if (location.hash === '') return;
  // Removes the secret from the history.
  history.replaceState(null, '', location.pathname);
  if (fragment.get('v') !== '1' || iss === null || id === null || secret === null) {
    tell('This app does not understand this link.', 'bad');
    return;
  }
  link = { iss, id, secret };
  linkNote.textContent = `You opened a link from ${iss}. Press Connect to use it.`;
  linkNote.hidden = false;
  codeField.required = false;
  codeField.placeholder = 'not needed: the link contains it';
}

async function connect(): Promise<void> {
  const proof = link === undefined ? { code: codeField.value } : { iss: link.iss, id: link.id, secret: link.secret };
  // A retry after a lost answer has the same id, so that the server repeats its answer.
  const key = `redemption:${link?.id ?? codeField.value}`;
  const redemptionId = sessionStorage.getItem(key) ?? crypto.randomUUID();
  sessionStorage.setItem(key, redemptionId);

  tell('Connecting …');
  const answer = await ask('/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...proof, device_name: nameField.value, redemption_id: redemptionId }),
  });
  const { access_token: token, device_id: deviceId, account: owner } = answer.body;
  if (answer.status !== 200 || typeof token !== 'string' || typeof deviceId !== 'string') {
    return tell(explain(answer), 'bad');
  }
  const { subject, display_name: name } = owner as { subject: string; display_name?: string };
  localStorage.setItem(storageKey, JSON.stringify({ token, deviceId, subject, ...(name !== undefined && { name }) }));
  link = undefined;
  linkNote.hidden = true;
  codeField.value = '';
  show();
  tell(`Connected as ${name ?? subject}. If that is not you, disconnect at once.`, 'good');
}

function connection(): Connection | undefined {
  const stored = localStorage.getItem(storageKey);
  return stored === null ? undefined : (JSON.parse(stored) as Connection);
}

function show(): void {
  const current = connection();
  connectForm.hidden = current !== undefined;
  connected.hidden = current === undefined;
  output.textContent = '';
  output.hidden = true;
  if (current === undefined) return;
  account.textContent = current.name === undefined ? current.subject : `${current.name} (${current.subject})`;
}

async function call(path: string): Promise<void> {
  const current = connection();
  if (current === undefined) return;
  const answer = await ask(`/call${path}`, { headers: { authorization: `Bearer ${current.token}` } });
  output.hidden = false;
  output.textContent = `GET ${path} → ${answer.status}\n${JSON.stringify(answer.body, null, 2)}`;
  if (answer.status === 200) tell(`The server accepts this phone.`, 'good');
  else tell(explain(answer), 'bad');
}

connectForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void connect();
});
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-call]')) {
  button.addEventListener('click', () => void call(button.dataset['call'] ?? ''));
}
element('disconnect', HTMLButtonElement).addEventListener('click', () => {
  localStorage.removeItem(storageKey);
  show();
  tell('Removed from this phone. Also revoke the device in the browser.');
});
addEventListener('hashchange', readLink);

show();
readLink();
