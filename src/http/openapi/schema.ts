// Builds JSON Schemas (draft 2020-12) whose types must equal the types of the wire.

/** A JSON value. In an object, a member with the value `undefined` is absent. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** A JSON Schema for values of any type. */
export interface AnySchema {
  /** The schema, or a reference to a component. */
  readonly json: JsonObject;
  /** All components that the schema refers to, by name. */
  readonly components: ReadonlyMap<string, JsonObject>;
}

/**
 * A JSON Schema for values of the type `T`. A schema is assignable only to a variable with exactly this type, so a
 * schema that differs from its wire type does not compile.
 */
export interface Schema<T> extends AnySchema {
  /** Exists only in the type system. As the parameter and the result of a function, `T` must match exactly. */
  readonly exactly?: (value: T) => T;
}

/** The schema of a member that may be absent. */
export interface OptionalMember<T> {
  readonly optional: Schema<T>;
}

/** The schemas of all members of the object type `T`. The table does not compile if a member is missing or differs. */
export type Members<T> = {
  readonly [Name in keyof T]-?: undefined extends T[Name]
    ? OptionalMember<Exclude<T[Name], undefined>>
    : Schema<T[Name]>;
};

const noComponents: ReadonlyMap<string, JsonObject> = new Map();

function simple<T>(json: JsonObject): Schema<T> {
  return { json, components: noComponents };
}

function componentsOf(schemas: readonly AnySchema[]): ReadonlyMap<string, JsonObject> {
  return new Map(schemas.flatMap(({ components }) => [...components]));
}

/** Any string. */
export const text: Schema<string> = simple({ type: 'string' });
/** A date with a time in UTC (RFC 3339). */
export const dateTime: Schema<string> = simple({ type: 'string', format: 'date-time' });
/** An absolute URL. */
export const url: Schema<string> = simple({ type: 'string', format: 'uri' });
/** A UUID (RFC 9562). */
export const uuid: Schema<string> = simple({ type: 'string', format: 'uuid' });
/** `true` or `false`. */
export const flag: Schema<boolean> = simple({ type: 'boolean' });
/** A whole number that is not negative. */
export const count: Schema<number> = simple({ type: 'integer', minimum: 0 });

/** A string of at least one and at most `max` characters. */
export function shortText(max: number): Schema<string> {
  return simple({ type: 'string', minLength: 1, maxLength: max });
}

/** A string that matches a regular expression (ECMA-262). */
export function pattern(expression: string): Schema<string> {
  return simple({ type: 'string', pattern: expression });
}

/** Exactly this value. */
export function constant<const T extends string | boolean>(value: T): Schema<T> {
  return simple({ type: typeof value, const: value });
}

/** One of these words. The type follows from the list, so a list with a missing word does not compile. */
export function oneWordOf<const Words extends readonly string[]>(words: Words): Schema<Words[number]> {
  return simple({ type: 'string', enum: words });
}

/** The value of a schema, or `null`. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  const { type, enum: words, ...rest } = schema.json;
  const json: JsonObject =
    typeof type === 'string'
      ? { type: [type, 'null'], ...(Array.isArray(words) ? { enum: [...words, null] } : {}), ...rest }
      : { anyOf: [schema.json, { type: 'null' }] };
  return { json, components: schema.components };
}

/** A list of values. */
export function listOf<T>(item: Schema<T>): Schema<readonly T[]> {
  return { json: { type: 'array', items: item.json }, components: item.components };
}

/** A list of two values. */
export function pairOf<First, Second>(first: Schema<First>, second: Schema<Second>): Schema<readonly [First, Second]> {
  return {
    json: { type: 'array', prefixItems: [first.json, second.json], minItems: 2, maxItems: 2 },
    components: componentsOf([first, second]),
  };
}

/** An object with any names, whose values match a schema. */
export function recordOf<T>(value: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return { json: { type: 'object', additionalProperties: value.json }, components: value.components };
}

/** A value that matches one of the schemas. */
export function anyOf<const Parts extends readonly AnySchema[]>(...parts: Parts): Schema<TypeOf<Parts[number]>> {
  return { json: { anyOf: parts.map(({ json }) => json) }, components: componentsOf(parts) };
}

type TypeOf<Part> = Part extends Schema<infer T> ? T : never;

/** Marks a member that may be absent. */
export function optional<T>(schema: Schema<T>): OptionalMember<T> {
  return { optional: schema };
}

/** Adds a description to a schema. The text equals the doc comment of the member in `vocabulary/wire/`. */
export function about<T>(description: string, { json, components }: Schema<T>): Schema<T> {
  return { json: { ...json, description }, components };
}

/** An object that has the members of the type `T`. */
export function objectOf<T>(members: Members<T>, rules: { readonly closed?: true } = {}): Schema<T> {
  const entries = Object.entries<{ readonly optional: AnySchema } | AnySchema>(members);
  const schemas = entries.map(([name, member]) => [name, 'optional' in member ? member.optional : member] as const);
  const required = entries.filter(([, member]) => !('optional' in member)).map(([name]) => name);
  return {
    json: {
      type: 'object',
      properties: Object.fromEntries(schemas.map(([name, { json }]) => [name, json])),
      ...(required.length === 0 ? {} : { required }),
      ...(rules.closed ? { additionalProperties: false } : {}),
    },
    components: componentsOf(schemas.map(([, schema]) => schema)),
  };
}

/** Gives a schema a name. Other schemas then refer to it as a component. */
export function component<T>(name: string, schema: Schema<T>): Schema<T> {
  return {
    json: { $ref: `#/components/schemas/${name}` },
    components: new Map([...schema.components, [name, schema.json]]),
  };
}
