// Checks a request and its answer against an OpenAPI 3.1 document.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { type Exchange, mediaTypeOf } from './exchange.js';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: object;
}

interface Content {
  readonly schema: object;
  readonly 'x-item-schema'?: object;
}

interface Response {
  readonly headers: Readonly<Record<string, { readonly required?: boolean; readonly schema: object }>>;
  readonly content?: Readonly<Record<string, Content>>;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

interface Reference {
  readonly $ref: string;
}

/** The parts of a document that the checker reads. */
export interface CheckedDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly responses: Readonly<Record<string, Response>> };
}

/** Returns what an exchange has that the document does not have. */
export type Checker = (exchange: Exchange) => readonly string[];

/** Headers that have a meaning for clients, so an answer may have them only if the document says so. */
const meaningful = ['location', 'retry-after', 'www-authenticate', 'content-disposition'];

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Creates a checker. It compiles each schema at its first use. */
export function documentChecker(given: unknown): Checker {
  const document = strict(JSON.parse(JSON.stringify(given).replaceAll('"#/components', '"document#/components')));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: 'document', components: document.components });
  const compiled = new WeakMap<object, ValidateFunction>();
  const templates = Object.entries(document.paths).map(([path, item]) => ({ path, item, pattern: patternOf(path) }));

  function faults(schema: object, value: unknown, what: string): readonly string[] {
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    if (validate(value)) return [];
    return [`${what} ${ajv.errorsText(validate.errors, { dataVar: '' })}`];
  }

  /** Headers and parameters are texts, whatever their type is. */
  function textFaults(schema: object, value: string, what: string): readonly string[] {
    const asText = faults(schema, value, what);
    return asText.length > 0 && ['true', 'false'].includes(value) ? faults(schema, value === 'true', what) : asText;
  }

  /** Common responses are components. */
  function resolved(response: Response | Reference | undefined): Response | undefined {
    if (response === undefined || !('$ref' in response)) return response;
    return document.components.responses[response.$ref.split('/').at(-1) ?? ''];
  }

  function answerFaults(response: Response, exchange: Exchange): readonly string[] {
    const { headers, answer, method } = exchange;
    const known = Object.entries(response.headers).map(([name, header]) => [name.toLowerCase(), header] as const);
    const ofHeaders = known.flatMap(([name, { required = false, schema }]) => {
      const value = headers[name];
      if (value === undefined) return required ? [`the header ${name} is missing`] : [];
      return textFaults(schema, value, `the header ${name}`);
    });
    const extra = meaningful.filter((name) => headers[name] !== undefined && !known.some(([each]) => each === name));
    return [
      ...ofHeaders,
      ...extra.map((name) => `the header ${name}`),
      ...bodyFaults(response, answer, headers, method),
    ];
  }

  function bodyFaults(
    { content }: Response,
    answer: string,
    headers: Exchange['headers'],
    method: string,
  ): readonly string[] {
    if (content === undefined) return answer === '' ? [] : ['a body'];
    const type = mediaTypeOf(headers['content-type']);
    const described = type === undefined ? undefined : content[type];
    if (type === undefined || described === undefined) return [`the media type ${type}`];
    if (method === 'HEAD') return [];
    const item = described['x-item-schema'];
    if (item !== undefined) return itemsOf(type, answer).flatMap((each) => faults(item, each, 'an item'));
    return faults(described.schema, /[/+]json$/.test(type) ? JSON.parse(answer) : answer, 'the body');
  }

  function requestFaults(
    { parameters = [], requestBody, responses }: Operation,
    exchange: Exchange,
  ): readonly string[] {
    const { query, body, requestType } = exchange;
    const ofQuery = query.flatMap(([name, value]) => {
      const known = parameters.find((each) => each.in === 'query' && each.name === name);
      if (known !== undefined) return textFaults(known.schema, value, `the parameter ${name}`);
      // The routes for apps and the pages ignore unknown parameters.
      return JSON.stringify(responses['400'] ?? {}).includes('ERR_QUERY') ? [`the parameter ${name}`] : [];
    });
    if (requestBody === undefined) {
      return [...ofQuery, ...(Object.keys(body ?? {}).length > 0 ? ['a body of the request'] : [])];
    }
    const described = requestBody.content[requestType ?? ''];
    if (described === undefined) return [...ofQuery, `the media type ${requestType} of the request`];
    return [...ofQuery, ...faults(described.schema, withoutNull(body ?? {}), 'the body of the request')];
  }

  return (exchange) => {
    const { path, method, status } = exchange;
    const entry = templates.find(({ pattern }) => pattern.test(path));
    const name = `${method} ${entry?.path ?? path} ${status}`;
    // A request can be refused before its route is found. All routes of Latchkey send this header, and other routes
    // below the mount path belong to the host.
    if (entry === undefined) {
      const isOurs = status < 400 && exchange.headers['cross-origin-resource-policy'] !== undefined;
      return isOurs ? [`${name}: the path`] : [];
    }
    const operation = entry.item[method === 'HEAD' ? 'get' : method.toLowerCase()];
    if (operation === undefined) {
      if (status !== 405) return status >= 400 ? [] : [`${name}: the method`];
      const allowed = methods.filter((each) => Object.hasOwn(entry.item, each)).map((each) => each.toUpperCase());
      const expected = allowed.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])).sort();
      const given = (exchange.headers['allow'] ?? '').split(', ').sort();
      return expected.join() === given.join() ? [] : [`${name}: Allow: ${given}`];
    }
    const response = resolved(operation.responses[status]);
    if (response === undefined) return [`${name}: the status, with ${exchange.answer.slice(0, 300)}`];
    const accepted = status < 300 ? requestFaults(operation, exchange) : [];
    const faulty = [...answerFaults(response, exchange), ...accepted];
    return faulty.map((fault) => `${name}: ${fault}; ${exchange.answer.slice(0, 300)}`);
  };
}

/** An answer with a member that its schema does not name is a violation, although clients must ignore the member. */
function strict(document: CheckedDocument): CheckedDocument {
  const close = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(close);
    if (typeof value !== 'object' || value === null) return value;
    const closed = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, close(each)]));
    const open = closed['type'] === 'object' && 'properties' in closed && !('additionalProperties' in closed);
    return open ? { ...closed, additionalProperties: false } : closed;
  };
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [
    name,
    name.endsWith('Request') ? schema : close(schema),
  ]);
  const paths = close(document.paths) as CheckedDocument['paths'];
  const { responses } = document.components;
  return { ...document, paths, components: { schemas: Object.fromEntries(schemas), responses } };
}

function patternOf(path: string): RegExp {
  const escaped = path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/\{\w+\}/g, '[^/]+')}$`, 'i');
}

/** A member with the value `null` counts as absent, and blanks around a text do not count. */
function withoutNull(body: object): object {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value]),
  );
}

function itemsOf(type: string, body: string): readonly unknown[] {
  const lines = body.split('\n');
  const texts =
    type === 'text/event-stream'
      ? lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
      : lines.filter((line) => line !== '');
  return texts.map((each) => JSON.parse(each));
}
