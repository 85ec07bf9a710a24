// http tests: a host that uses its session.
import type { Request } from 'express';
import { type Host, type HostOptions, startHost } from './harness.js';

/** A host that keeps a note in its session, as a cart or a wizard would. */
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
      app.post('/sign-in/:id', async (req, res) => {
        const principal = await auth.signIn(req, req.params.id);
        res.json({ method: principal.method, seen: req.principal?.subject });
      });
      app.post('/sign-out', async (req, res) => {
        await auth.signOut(req);
        if (req.query['note'] !== undefined) notes(req).note = 'bye';
        res.json({ subject: req.principal?.subject });
      });
      options.routes?.(app, auth);
    },
  });
}

function notes(req: Request): { note?: string | undefined } {
  return req.session as { note?: string };
}
