// Collects answers that differ from the OpenAPI documents. The root hooks fail the test that caused them.

const found: string[] = [];

/** Marks a violation in the output of a process. */
export const violationMark = 'Undocumented answer: ';

/** Records a violation. */
export function addViolation(text: string): void {
  found.push(text);
}

/** Returns a function that reads the output of a process that checks its own answers. */
export function violationReader(): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const at = line.indexOf(violationMark);
      if (at >= 0) found.push(line.slice(at + violationMark.length));
    }
  };
}

/** Returns all violations since the last call. */
export function takeViolations(): readonly string[] {
  return found.splice(0);
}
