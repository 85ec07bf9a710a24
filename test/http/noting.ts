// http tests: a host that uses its session.
import type { Request } from 'express';
import { type Host, type HostOptions, startHost } from './harness.js';

/** A host that keeps a note in its session, like a shopping cart or a wizard. */
export function noting(options: HostOptions = {}): Promise<Host> {
  return startHost({
    ...options,
    routes(app, auth) {
      app.get('/note', (req, res) => void res.json({ note: notes(req).note, subject: req.principal?.subject }));
      app.post('/note/:note', (req, res) => {
        notes(req).note = req.params.note;
        res.json({});
      });
      app.post('/renew', (req, res, next) => {
        req.session.regenerate((error) => {
          if (error) return next(error);
          notes(req).note = 'after';
          res.json({});
        });
      });
      // Express 4 ignores promises, so hosts on Express 4 catch rejections themselves.
      app.post('/sign-in/:id', (req, res, next) => {
        const signedIn = auth.signIn(req, req.params.id);
        signedIn.then(({ method }) => res.json({ method, seen: req.principal?.subject })).catch(next);
      });
      app.post('/sign-out', (req, res, next) => {
        const signedOut = auth.signOut(req).then(() => {
          if (req.query['note'] !== undefined) notes(req).note = 'bye';
          res.json({ subject: req.principal?.subject });
        });
        signedOut.catch(next);
      });
      options.routes?.(app, auth);
    },
  });
}

function notes(req: Request): { note?: string | undefined } {
  return req.session as { note?: string };
}
