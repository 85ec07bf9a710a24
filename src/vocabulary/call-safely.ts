// What a host hands in to be called: it must not end what Latchkey is doing. Beside the vocabulary, since several rooms call it.

/**
 * Calls what the host handed in. What it throws, or what its promise rejects with, is contained and told to `failed`, in
 * words: a rejection that nobody handles would end the process.
 */
export function callSafely(call: () => unknown, failed: (reason: string) => void): void {
  const tell = (cause: unknown) => failed(cause instanceof Error ? cause.message : 'not an Error');
  try {
    const outcome = call();
    // Of whatever library: a promise is what has `then`.
    if (typeof outcome === 'object' && outcome !== null && 'then' in outcome) Promise.resolve(outcome).catch(tell);
  } catch (cause) {
    tell(cause);
  }
}
