// Reads numbers from the command line.

/**
 * Returns the number that an option has.
 *
 * @throws {RangeError} if the text is not a number, or if the number is less than `least`
 */
export function numberOption(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new RangeError(`--${name} expects a number of at least ${least}, not "${text}"`);
  }
  return value;
}
