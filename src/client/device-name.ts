// Shortens a name and removes characters, so that the server accepts the name.

// Characters that the server refuses in names: control characters, characters that change the text direction,
// zero-width and blank characters, and lone surrogates. The list contains code points, because some JavaScript engines
// do not support `\p{…}`.
const unshown: readonly (readonly [first: number, last: number])[] = [
  ...([
    [0, 0x1f],
    [0x7f, 0x9f],
    [0xad, 0xad],
    [0x34f, 0x34f],
    [0x61c, 0x61c],
    [0x115f, 0x1160],
  ] as const),
  ...([
    [0x180e, 0x180e],
    [0x200b, 0x200b],
    [0x200e, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
  ] as const),
  ...([
    [0x2800, 0x2800],
    [0x3164, 0x3164],
    [0xd800, 0xdfff],
    [0xfeff, 0xfeff],
    [0xffa0, 0xffa0],
  ] as const),
];

/**
 * Returns `true` if a character only joins or extends an emoji (a joiner or a tag character). A shortened name must not
 * end with such a character.
 */
function joins(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code === 0x200c || code === 0x200d || (code >= 0xe0020 && code <= 0xe007f);
}

/** Returns the name without characters that the server refuses, cut to 64 characters. */
export function printable(name: string): string {
  const shown = [...name.trim()].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    return !unshown.some(([first, last]) => code >= first && code <= last);
  });
  const cut = shown.slice(0, 64);
  if (shown.length > 64) while (joins(cut.at(-1) ?? '')) cut.pop();
  return cut.join('').trim();
}
