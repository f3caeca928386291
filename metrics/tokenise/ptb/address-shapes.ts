/**
 * The shapes of addresses: URLs, hosts, file names and mail addresses. Each may reach far beyond where it fails, so what
 * was found out about a stretch of text is remembered for the next token in it.
 */
import type { Scan } from './scan.js';
import { LETTER_OR_DIGIT, Trait } from './traits.js';

const URL_SCHEME = /https?:\/\//iy;
const TOP_LEVEL_DOMAIN = /(?:com|net|org|edu)/iy;
const WWW = /www\./iy;
const EXTENSION =
  /(?:bat|bmp|class|cgi|cpp|dll|docx?|exe|gif|gz|html?|jar|java|jpe?g|mov|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip|c|h)(?=[\s.,?!])/iy;

/** "http://example.org/path?query", without the punctuation that ends the sentence. */
export function matchUrl(scan: Scan, start: number): number {
  const afterScheme = endOf(URL_SCHEME, scan.text, start);
  return afterScheme === 0 ? 0 : urlTail(scan, afterScheme);
}

/** "www.example.ac.uk/path" and "example.com/path". */
export function matchHost(scan: Scan, start: number): number {
  const host = looseHostEnd(scan, start) || strictHostEnd(scan, start);
  if (host === 0 || scan.text[host] !== '/') return host;
  return urlTail(scan, host + 1) || host;
}

/** "report.v2.pdf". */
export function matchFileName(scan: Scan, start: number): number {
  const { text, fileName } = scan;
  if (start >= fileName.end)
    scan.dottedRun(fileName, start, LETTER_OR_DIGIT | Trait.softHyphen, (afterPeriod) =>
      endOf(EXTENSION, text, afterPeriod),
    );
  return fileName.last > start ? fileName.tail : 0;
}

/** "someone@example.org", perhaps between angle brackets. */
export function matchMailAddress(scan: Scan, start: number): number {
  const { text, mail } = scan;
  const local = text[start] === '<' ? start + 1 : start;
  if (!scan.has(local, Trait.asciiLetter | Trait.asciiDigit)) return 0;
  if (local >= mail.end) rememberMailRun(scan, local);
  if (mail.last <= local) return 0;
  return text[mail.tail] === '>' ? mail.tail + 1 : mail.tail;
}

/** `last` is the run's last @ with something after it, `tail` the end of the host after that. */
function rememberMailRun(scan: Scan, start: number): void {
  const { text, mail } = scan;
  mail.end = scan.runEnd(start, Trait.mailPart);
  mail.last = -1;
  for (let at = mail.end - 2; at > start; at--) {
    scan.examined++;
    if (text[at] !== '@' || text[at + 1] === '.') continue;
    mail.last = at;
    // Single periods join the parts of the host.
    let tail = at + 2;
    while (tail < mail.end && (text[tail] !== '.' || (tail + 1 < mail.end && text[tail + 1] !== '.'))) tail++;
    scan.examined += tail - at;
    mail.tail = tail;
    return;
  }
}

function looseHostEnd(scan: Scan, start: number): number {
  const { text, looseHost } = scan;
  const host = endOf(WWW, text, start);
  if (host === 0) return 0;
  if (host >= looseHost.end)
    scan.dottedRun(looseHost, host, Trait.looseHostPart, (afterPeriod) => {
      let end = afterPeriod;
      while (end < afterPeriod + 4 && scan.has(end, Trait.asciiLetter)) end++;
      return end < afterPeriod + 2 ? 0 : end;
    });
  return looseHost.last > host ? looseHost.tail : 0;
}

function strictHostEnd(scan: Scan, start: number): number {
  const { text, strictHost } = scan;
  if (start >= strictHost.end)
    scan.dottedRun(strictHost, start, Trait.strictHostPart, (afterPeriod) =>
      endOf(TOP_LEVEL_DOMAIN, text, afterPeriod),
    );
  return strictHost.last > start ? strictHost.tail : 0;
}

/** End of at least two characters of a URL, the last of which is no punctuation; 0 if there are none. */
function urlTail(scan: Scan, start: number): number {
  let end = scan.runEnd(start, Trait.urlPart);
  while (end > start && scan.has(end - 1, Trait.urlPause)) {
    scan.examined++;
    end--;
  }
  return end < start + 2 ? 0 : end;
}

function endOf(expression: RegExp, text: string, position: number): number {
  expression.lastIndex = position;
  return expression.test(text) ? expression.lastIndex : 0;
}
