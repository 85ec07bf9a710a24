// Scans the logs of all servers during the whole run for codes, secrets and tokens.

/** A secret in a log. */
export interface Finding {
  /** The server that wrote it. */
  readonly source: string;
  readonly kind: string;
}

/** Scans logs. It keeps its findings and the number of characters, not the text. */
export interface LogScan {
  /** Reads the next chunk of this source's log. Also finds a secret that two chunks divide. */
  read(source: string, chunk: string): void;
  /** Characters read so far, by source. */
  readonly lengths: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

const crockford = '[0-9A-HJKMNP-TV-Z]';
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Patterns of Latchkey's secrets. */
const kinds: Readonly<Record<string, RegExp>> = {
  token: /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/,
  code: new RegExp(`(?<![\\w-])${crockford}{4}(?:-${crockford}{4}){2}(?![\\w-])`),
  'user code': /(?<![\w-])[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}(?![\w-])/,
  'QR secret': /[#&?]s=[\w-]{22}(?![\w-])/,
  'device code': new RegExp(`${uuid}\\.[\\w-]{22}(?![\\w-])`),
};

/** Longer than any secret. */
const overlap = 4096;

/** Servers log line by line. Scanning each line separately would take a tenth of the whole run. */
const readAtOnce = 65_536;

/** An empty scan. */
export function logScan(): LogScan {
  /** By source: the end of the scanned text, and the text since. */
  const unread = new Map<string, string>();
  const lengths = new Map<string, number>();
  const findings: Finding[] = [];

  function scan(source: string, text: string): void {
    for (const [kind, pattern] of Object.entries(kinds)) {
      const known = findings.some((found) => found.source === source && found.kind === kind);
      if (!known && pattern.test(text)) findings.push({ source, kind });
    }
    unread.set(source, text.slice(-overlap));
  }

  return {
    lengths,
    get findings() {
      for (const [source, text] of unread) scan(source, text);
      return findings;
    },
    read(source, chunk) {
      lengths.set(source, (lengths.get(source) ?? 0) + chunk.length);
      const text = (unread.get(source) ?? '') + chunk;
      if (text.length < readAtOnce) unread.set(source, text);
      else scan(source, text);
    },
  };
}

/** The scan of this run. It reads the log of every server that the tests start. */
export const runScan: LogScan = logScan();

/** The scan also reads the warnings of this process. */
process.on('warning', ({ name, message }) => runScan.read('this process', `${name}: ${message}\n`));
