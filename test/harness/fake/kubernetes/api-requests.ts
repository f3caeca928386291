/** Requests to an API server, as JSON over TLS with a token: what the tests and the stand-in for a node ask for themselves. */
import { request } from 'node:https';

export interface Access {
  /** As `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly certificateAuthority: Buffer;
  readonly token: string;
}

/** An object of the API, of whichever kind the path stands for. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
}

export interface List<Kind> {
  readonly items: readonly Kind[];
  readonly metadata: { readonly resourceVersion: string };
}

export interface Answer {
  readonly code: number;
  readonly text: string;
}

const patchTypes = { merge: 'application/strategic-merge-patch+json', json: 'application/json-patch+json' };

/** The answer, whatever its code. */
export function send(
  { server, certificateAuthority, token }: Access,
  method: string,
  path: string,
  body?: unknown,
  patch: keyof typeof patchTypes = 'merge',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const contentType = method === 'PATCH' ? patchTypes[patch] : 'application/json';
    const headers = { authorization: `Bearer ${token}`, 'content-type': contentType };
    const sent = request(
      `${server}${path}`,
      { method, headers, ca: certificateAuthority, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The object of the answer. @throws Error with what the server says, where it refuses */
export async function ask<Kind = ApiObject>(...parameters: Parameters<typeof send>): Promise<Kind> {
  const { code, text } = await send(...parameters);
  if (code >= 300) throw Object.assign(new Error(`${parameters[1]} ${parameters[2]}: ${code} ${text}`), { code });
  return JSON.parse(text);
}

/** Tells every object under a path and each later state of it, until it is stopped; begins anew whenever the server ends the watch. */
export function watch<Kind>(
  access: Access,
  path: string,
  onEvent: (type: string, object: Kind) => void,
): { readonly stop: () => void } {
  let stopped = false;
  let abort = () => {};
  const again = () => {
    if (!stopped) setTimeout(begin, 200);
  };
  const begin = async (): Promise<void> => {
    if (stopped) return;
    const separator = path.includes('?') ? '&' : '?';
    try {
      const { items, metadata } = await ask<List<Kind>>(access, 'GET', path);
      for (const item of items) onEvent('ADDED', item);
      const { server, certificateAuthority: ca, token } = access;
      const url = `${server}${path}${separator}watch=true&resourceVersion=${metadata.resourceVersion}`;
      const sent = request(url, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          const lines = (rest + part).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const { type, object } = JSON.parse(line);
            if (type !== 'ERROR' && !stopped) onEvent(type, object);
          }
        });
        response.on('error', () => {});
        response.on('close', again);
      });
      sent.on('error', again);
      sent.end();
      abort = () => sent.destroy();
    } catch {
      again();
    }
  };
  void begin();
  return {
    stop: () => {
      stopped = true;
      abort();
    },
  };
}
