/** Certificates of a cluster that lasts as long as a test: an authority, and what the servers and their clients show. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (folder: string, ...args: readonly string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });

const newKey = ['-newkey', 'rsa:2048', '-nodes'];

/** Writes `authority.crt`, `server.{crt,key}` for 127.0.0.1, `client.{crt,key}` and `accounts.key` into a folder. */
export function writeCertificates(folder: string): void {
  openssl(
    folder,
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'authority.key',
    '-out',
    'authority.crt',
    '-days',
    '2',
    '-subj',
    '/CN=test',
  );
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\n');
  for (const [name, subject] of [
    ['server', '/CN=server'],
    ['client', '/O=system:masters/CN=api-server'],
  ] as const) {
    openssl(folder, 'req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const signed = ['-in', `${name}.csr`, '-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial'];
    openssl(folder, 'x509', '-req', ...signed, '-out', `${name}.crt`, '-days', '2', '-extfile', 'names');
  }
  openssl(folder, 'genrsa', '-out', 'accounts.key', '2048');
}
