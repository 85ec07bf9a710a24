// Serves the OpenAPI documents of both routers.
import type { Router } from 'express';
import { appDocument, endpoint, type Handler } from '../endpoint.js';
import { openapiPath, openapiType, routerOpenapi, serverParts, tokenRouterOpenapi } from '../openapi/document.js';
import type { JsonObject } from '../openapi/schema.js';
import type { HttpServices } from '../services.js';

/** Adds the route GET `openapi.json` to `router`. */
export function openapiRoute(router: Router, services: HttpServices): void {
  const { origins = [] } = services;
  // Browsers must revalidate the document on every use, so that a change of the options is visible at once.
  const get = sendDocument(routerOpenapi(serverParts(services)), 'no-cache');
  endpoint(router, openapiPath, origins, { get });
}

/** Adds the route GET `openapi.json` to `tokenRouter`. */
export function tokenOpenapiRoute(tokenRouter: Router, services: HttpServices): void {
  const { identifier } = services;
  const get = sendDocument(tokenRouterOpenapi(serverParts(services)), 'public, max-age=300');
  tokenRouter.all(
    openapiPath,
    appDocument((req) => identifier.refuseIdentity(req), get),
  );
}

function sendDocument(document: JsonObject, cachePolicy: string): Handler {
  const body = Buffer.from(JSON.stringify(document));
  return (_req, res) => {
    res.set({ 'Cache-Control': cachePolicy, 'Content-Type': openapiType }).send(body);
  };
}
