// Calls the host's functions so that their errors do not interrupt Latchkey.

/**
 * Calls a function of the host. If the function throws or its promise rejects, the error is caught, and `failed`
 * receives the error's message. An unhandled rejection would end the process.
 */
export function callSafely(call: () => unknown, failed: (reason: string) => void): void {
  const report = (cause: unknown) => failed(cause instanceof Error ? cause.message : 'not an Error');
  try {
    const outcome = call();
    // An object with a `then` member is treated as a promise, because some libraries have their own promise types.
    if (typeof outcome === 'object' && outcome !== null && 'then' in outcome) Promise.resolve(outcome).catch(report);
  } catch (cause) {
    report(cause);
  }
}
