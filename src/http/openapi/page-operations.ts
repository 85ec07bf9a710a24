// Describes the routes of `router` for the pages and their assets.
import type { PageName } from '../../vocabulary/words.js';
import { browserErrors } from './browser-errors.js';
import { type Fields, type PathEntry, redirect, type ServerParts } from './operation.js';
import { oneWordOf, text } from './schema.js';

const html = { 'text/html': { schema: text } } as const;

/** Returns the paths of the pages and their assets. */
export function pagePaths({ pages }: ServerParts): readonly PathEntry[] {
  if (pages === undefined) return [];
  const page = (name: PageName): PathEntry => ({
    path: `/${name}`,
    tag: 'Pages',
    get: {
      id: { 'quick-connect': 'showQuickConnectPage', activate: 'showActivatePage', admin: 'showAdminPage' }[name],
      summary: `Show the page \`${name}\``,
      access: 'browser',
      query: {
        from: { description: 'The value `login` marks a request right after a login.', schema: oneWordOf(['login']) },
        ...(name === 'activate' ? { user_code: { description: 'The user code to fill in.', schema: text } } : {}),
      },
      answers: [
        { status: 200, description: 'The page.', content: html },
        { status: 401, description: 'The page, which tells the visitor to log in.', content: html },
        { status: 403, description: 'The page, which tells the user that it is for others.', content: html },
        redirect('The page must be requested again, or the login comes first.', 'The page or the login.'),
      ],
      errors: [...browserErrors],
    },
  });
  const asset = (id: string, path: string, parameters: Fields): PathEntry => ({
    path,
    tag: 'Pages',
    parameters,
    get: {
      id,
      summary: 'Load a file of the pages',
      access: 'anyone',
      answers: [
        {
          status: 200,
          description: 'The file.',
          cacheable: true,
          headers: { ETag: { description: 'The version of the file.', schema: text, required: true } },
          content: {
            'text/javascript': { schema: text },
            'text/css': { schema: text },
            'image/svg+xml': { schema: text },
          },
        },
        { status: 304, description: 'The client already has this version of the file.', cacheable: true },
      ],
      errors: ['ERR_QUERY', 'ERR_NOT_FOUND'],
    },
  });
  const name = { name: { description: 'The name of the file.', schema: text } };
  const folder = { folder: { description: 'The folder of the file.', schema: text } };
  return [
    ...pages.map(page),
    asset('getAsset', '/assets/{name}', name),
    asset('getAssetInFolder', '/assets/{folder}/{name}', { ...folder, ...name }),
  ];
}
