// What each server of the benchmark is built from.
import type { Express, RequestHandler, Response } from 'express';
import type { Redis } from 'ioredis';
import type pg from 'pg';
import type { BenchRequest } from '../requests.js';

/** The parts of a server. Each server has its own database and its own Redis. */
export interface ServerParts {
  readonly app: Express;
  /** The address at which the server already listens. */
  readonly origin: string;
  readonly pool: pg.Pool;
  readonly redis: Redis;
  /** The path that is measured, unless a server says otherwise. */
  readonly path: string;
  /** Sends the response that all servers have in common. */
  respond(res: Response, authenticated: boolean): void;
  /** Returns express-session with connect-redis, as their readmes set them up. */
  sessionMiddleware(): RequestHandler;
  /** Returns a request of each person, with the headers that a proxy adds. */
  headerRequests(): Promise<readonly BenchRequest[]>;
  /** Returns a request of each person with one more header, such as a cookie. */
  each(headerOf: (subject: string) => Promise<readonly [string, string]>): Promise<readonly BenchRequest[]>;
  /** Sends each request to another path, and returns the requests with the cookies that this path has set. */
  withCookies(path: string, requests: Promise<readonly BenchRequest[]>): Promise<readonly BenchRequest[]>;
}

/** Prepares the people and returns the requests to measure. It is called when the app is complete. */
export type PrepareRequests = () => Promise<readonly BenchRequest[]>;

/** Adds middleware and routes to the app. */
export type BuildServer = (parts: ServerParts) => Promise<PrepareRequests>;
