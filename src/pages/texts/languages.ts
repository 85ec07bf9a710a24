// Lists the languages that Latchkey ships, and checks the host's own tables of texts.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { isOneOf } from '../../vocabulary/words.js';
import { type AdminTexts, adminEnglish } from '../browser/texts/admin-english.js';
import { english, type PageTexts } from '../browser/texts/english.js';
import type { PluralText } from '../browser/texts/plural-text.js';
import { type RefusalTexts, refusalEnglish } from '../browser/texts/refusal-english.js';
import { adminArabic } from './admin-arabic.js';
import { arabic } from './arabic.js';
import { refusalArabic } from './refusal-arabic.js';

const shippedLanguages = ['en', 'ar'] as const;

/** The tag of a language that Latchkey ships. */
export type ShippedLanguage = (typeof shippedLanguages)[number];

/** The tables of texts that Latchkey ships. You can base your own table on one of these tables. */
export const pageTexts: Readonly<Record<ShippedLanguage, PageTexts>> = { en: english, ar: arabic };

/**
 * The texts of the page `admin` that Latchkey ships. Your own table can replace these texts with its property `admin`.
 */
export const adminTexts: Readonly<Record<ShippedLanguage, AdminTexts>> = { en: adminEnglish, ar: adminArabic };

/**
 * The texts of the pages for refused requests that Latchkey ships. Your own table can replace these texts with its
 * property `refusals`.
 */
export const refusalTexts: Readonly<Record<ShippedLanguage, RefusalTexts>> = { en: refusalEnglish, ar: refusalArabic };

/** A language of the pages: the tag of a language that Latchkey ships, or your own table of texts. */
export type PageLanguage = ShippedLanguage | PageTexts;

const shippedTags = shippedLanguages.map((language) => `'${language}'`).join(', ');

/**
 * Returns the tables of these languages.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when Latchkey does not ship a language, when a language occurs twice, or when a
 * table is incomplete. The error lists the texts that are missing, unknown or without a required `{…}` placeholder.
 */
export function checkedLanguages(languages: readonly PageLanguage[] = shippedLanguages): readonly PageTexts[] {
  if (!Array.isArray(languages) || languages.length === 0) {
    throw wrong(`expected a list such as [${shippedTags}]`);
  }
  const tables = languages.map((language: PageLanguage) => {
    if (typeof language === 'object' && language !== null) return checkedTable(language);
    if (!isOneOf(shippedLanguages, language))
      throw wrong(`expected ${shippedTags} or a table of texts, saw ${String(language)}`);
    return pageTexts[language];
  });
  const tags = tables.map(({ language }) => language.toLowerCase());
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) throw wrong(`expected each language once, saw ${twice} twice`);
  return tables;
}

/**
 * Returns the texts of the page `admin`: the table's own texts, or else the texts that Latchkey ships for the same
 * language. If neither exists, the whole page is in English, because screen readers mispronounce a page that mixes two
 * languages.
 */
export function inAdmin(table: PageTexts): { readonly texts: PageTexts; readonly adminTexts: AdminTexts } {
  const { texts, part } = withPart(table, table.admin, adminTexts);
  return { texts, adminTexts: part };
}

/** Returns the texts of the pages for refused requests, by the same rules as `inAdmin`. */
export function inRefusals(table: PageTexts): { readonly table: PageTexts; readonly texts: RefusalTexts } {
  const { texts, part } = withPart(table, table.refusals, refusalTexts);
  return { table: texts, texts: part };
}

function withPart<Part>(
  table: PageTexts,
  own: Part | undefined,
  shipped: Readonly<Record<ShippedLanguage, Part>>,
): { readonly texts: PageTexts; readonly part: Part } {
  if (own !== undefined) return { texts: table, part: own };
  const { language } = new Intl.Locale(table.language);
  if (isOneOf(shippedLanguages, language)) return { texts: table, part: shipped[language] };
  return { texts: english, part: shipped.en };
}

function checkedTable(table: PageTexts): PageTexts {
  const { language, direction } = table;
  if (!isLanguageTag(language)) throw wrong("expected a tag such as 'pt-BR' as a table's language");
  if (direction !== 'ltr' && direction !== 'rtl')
    throw wrong(`expected 'ltr' or 'rtl' as the direction of ${language}`);
  const { admin, refusals, ...shared } = table;
  checkTexts(shared, english, language, '');
  checkPart('admin', admin, adminEnglish, language);
  checkPart('refusals', refusals, refusalEnglish, language);
  return table;
}

function checkPart(name: string, part: unknown, ours: Readonly<Record<string, Text>>, language: string): void {
  if (part === undefined) return;
  if (typeof part !== 'object' || part === null) throw wrong(`expected a table of texts as ${name} of ${language}`);
  checkTexts(part, ours, language, `${name}.`);
}

/**
 * Checks that `table` has the same texts and placeholders as `ours`. In error messages, `prefix` precedes the name of
 * each text.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when `table` differs from `ours`.
 */
function checkTexts(table: object, ours: Readonly<Record<string, Text>>, language: string, prefix: string): void {
  const named = (keys: readonly string[]) => keys.map((key) => `${prefix}${key}`).join(', ');
  const missing = Object.entries(ours).filter(([key, text]) => !hasText(Reflect.get(table, key), text, language));
  if (missing.length > 0)
    throw wrong(`in ${language}, these texts are missing or incomplete: ${named(missing.map(([key]) => key))}`);
  const unknown = Object.keys(table).filter((key) => !Object.hasOwn(ours, key));
  if (unknown.length > 0) throw wrong(`in ${language}, these texts are unknown: ${named(unknown)}`);
}

type Text = string | readonly string[] | PluralText;

/**
 * Returns whether `value` has the same type and placeholders as `ours`. A plural text must also have all plural forms
 * of the language.
 */
function hasText(value: unknown, ours: Text, language: string): boolean {
  if (typeof ours === 'string') {
    return typeof value === 'string' && value.trim() !== '' && sameMarks(value, ours);
  }
  if (typeof value !== 'object' || value === null) return false;
  if ('other' in ours) {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const forms = pluralCategories.map((category): unknown => Reflect.get(value, category));
    return forms.every(
      (form) => typeof form === 'string' && form.trim() !== '' && sameMarks(counted(form), counted(ours.other)),
    );
  }
  return (
    Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string' && line.trim() !== '')
  );
}

/** Removes the placeholder `{count}`, which is optional in a plural form. */
function counted(form: string): string {
  return form.replaceAll('{count}', '');
}

function sameMarks(value: string, ours: string): boolean {
  const marks = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort().join();
  return marks(value) === marks(ours);
}

function isLanguageTag(value: unknown): value is string {
  try {
    return typeof value === 'string' && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

function wrong(detail: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail: `pages.languages: ${detail}.` });
}
