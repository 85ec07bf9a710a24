// Reads what servers log during the whole run, and finds codes, secrets and tokens in it.

/** Something in a log that must not be there. */
export interface Finding {
  /** The server that wrote it. */
  readonly source: string;
  readonly kind: string;
}

/** Reads logs. It keeps what it found and how much it read, not what it read. */
export interface LogScan {
  /** Reads on in the log of this source. What is cut in two by the chunks is found all the same. */
  read(source: string, chunk: string): void;
  /** Characters read so far, by source. */
  readonly lengths: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

const crockford = '[0-9A-HJKMNP-TV-Z]';
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** What the secrets of ours look like, wherever they are. */
const kinds: Readonly<Record<string, RegExp>> = {
  token: /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/,
  code: new RegExp(`(?<![\\w-])${crockford}{4}(?:-${crockford}{4}){2}(?![\\w-])`),
  'user code': /(?<![\w-])[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}(?![\w-])/,
  'QR secret': /[#&?]s=[\w-]{22}(?![\w-])/,
  'device code': new RegExp(`${uuid}\\.[\\w-]{22}(?![\\w-])`),
};

/** Longer than anything that is looked for. */
const overlap = 4096;

/** Servers log line by line; to look through each by itself would take a tenth of the whole run. */
const readAtOnce = 65_536;

/** An empty scan. */
export function logScan(): LogScan {
  /** By source: the end of what was looked through, and what came since. */
  const unread = new Map<string, string>();
  const lengths = new Map<string, number>();
  const findings: Finding[] = [];

  function lookThrough(source: string, text: string): void {
    for (const [kind, pattern] of Object.entries(kinds)) {
      const known = findings.some((found) => found.source === source && found.kind === kind);
      if (!known && pattern.test(text)) findings.push({ source, kind });
    }
    unread.set(source, text.slice(-overlap));
  }

  return {
    lengths,
    get findings() {
      for (const [source, text] of unread) lookThrough(source, text);
      return findings;
    },
    read(source, chunk) {
      lengths.set(source, (lengths.get(source) ?? 0) + chunk.length);
      const text = (unread.get(source) ?? '') + chunk;
      if (text.length < readAtOnce) unread.set(source, text);
      else lookThrough(source, text);
    },
  };
}

/** The scan of this run: every server that the tests start is read by it. */
export const runScan: LogScan = logScan();

/** Reads what a server logged while these names are in use, too: warnings of this very process. */
process.on('warning', ({ name, message }) => runScan.read('this process', `${name}: ${message}\n`));
