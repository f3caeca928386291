/** A strict reader of the XML that the gate writes (and of the schema that it is held against), and the rules of the Ant JUnit schema (windyroad/JUnit-Schema) as a table. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

// https://www.w3.org/TR/xml/#charsets
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** @throws Error for anything that is not well-formed (within the features that the gate may use) */
export function parseXml(document: string): XmlElement {
  if (forbidden.test(document)) throw new Error('a character that XML 1.0 forbids');
  const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(prolog)) throw new Error('no XML declaration');
  let position = prolog.length;
  const take = (pattern: RegExp): RegExpExecArray => {
    const sticky = new RegExp(pattern.source, 'uy');
    sticky.lastIndex = position;
    const match = sticky.exec(document);
    if (match === null) throw new Error(`unexpected ${JSON.stringify(document.slice(position, position + 40))}`);
    position = sticky.lastIndex;
    return match;
  };
  const element = (): XmlElement => {
    const name = take(/<([a-z][A-Za-z:-]*)/)[1]!;
    const attributes: Record<string, string> = {};
    while (/\s/.test(document[position]!)) {
      if (/^\s*\/?>/.test(document.slice(position, position + 20))) {
        take(/\s*/);
        break;
      }
      const [, key, value] = take(/\s+([a-z][A-Za-z:-]*)="([^"<]*)"/);
      if (key! in attributes) throw new Error(`attribute ${key} twice`);
      attributes[key!] = decode(value!);
    }
    const children: XmlElement[] = [];
    let text = '';
    if (take(/\/?>/)[0] === '/>') return { name, attributes, children, text };
    while (!document.startsWith('</', position)) {
      if (document[position] === '<') children.push(element());
      else {
        const raw = take(/[^<]+/)[0];
        if (raw.includes(']]>')) throw new Error(']]> in text');
        text += decode(raw);
      }
    }
    take(new RegExp(`</${name}>`));
    return { name, attributes, children, text };
  };
  const root = element();
  if (document.slice(position).trim() !== '') throw new Error('text after the root element');
  return root;
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d+);|(\w+);|)/g, (whole, code: string | undefined, name: string | undefined) => {
    if (code !== undefined) return String.fromCodePoint(Number(code));
    const entity = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }[name ?? ''];
    if (entity === undefined) throw new Error(`a bare ampersand or unknown entity in ${whole}`);
    return entity;
  });
}

const token = /^(?!\s)(?!.*\s\s)(?!.*\s$)[^\t\n\r]+$/u;
const integer = /^[+-]?\d+$/;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

interface Rule {
  /** Attribute → pattern; those that end in ? are optional. No other may occur. */
  readonly attributes: Readonly<Record<string, RegExp>>;
  /** Child elements in order, as a regular expression over their names, each followed by a space. */
  readonly children: RegExp;
  readonly text: boolean;
}

const outcome: Rule = { attributes: { 'message?': /^/, type: /^/ }, children: /^$/, text: true };

const rules: Readonly<Record<string, Rule>> = {
  testsuites: { attributes: {}, children: /^(?:testsuite )*$/, text: false },
  testsuite: {
    attributes: {
      name: token,
      timestamp: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/,
      hostname: token,
      tests: integer,
      failures: integer,
      errors: integer,
      'skipped?': integer,
      time: decimal,
      package: token,
      id: integer,
    },
    children: /^properties (?:testcase )*system-out system-err $/,
    text: false,
  },
  properties: { attributes: {}, children: /^(?:property )*$/, text: false },
  property: { attributes: { name: token, value: /^/ }, children: /^$/, text: false },
  testcase: {
    attributes: { name: token, classname: token, time: decimal },
    children: /^(?:(?:skipped|error|failure) )?$/,
    text: false,
  },
  failure: outcome,
  error: outcome,
  'system-out': { attributes: {}, children: /^$/, text: true },
  'system-err': { attributes: {}, children: /^$/, text: true },
};

/** What of `element` the schema does not allow. */
export function schemaComplaints(element: XmlElement): readonly string[] {
  const rule = rules[element.name];
  if (rule === undefined) return [`unknown element ${element.name}`];
  const complaints: string[] = [];
  const known = new Map(Object.entries(rule.attributes).map(([key, pattern]) => [key.replace('?', ''), pattern]));
  for (const key of Object.keys(rule.attributes)) {
    if (!key.endsWith('?') && !(key in element.attributes)) complaints.push(`${element.name} has no ${key}`);
  }
  for (const [key, value] of Object.entries(element.attributes)) {
    const pattern = known.get(key);
    if (pattern === undefined) complaints.push(`${element.name} may have no ${key}`);
    else if (!pattern.test(value)) complaints.push(`${element.name} ${key} is ${JSON.stringify(value)}`);
  }
  const names = element.children.map(({ name }) => `${name} `).join('');
  if (!rule.children.test(names)) complaints.push(`${element.name} holds ${names}`);
  if (!rule.text && element.text.trim() !== '') complaints.push(`${element.name} holds text`);
  return [...complaints, ...element.children.flatMap(schemaComplaints)];
}
