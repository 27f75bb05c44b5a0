import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { testKey } from './keys.ts';
import { rs256 } from './make-token.ts';
import type { TestCertificate } from './test-certificates.ts';

/** An OpenID Connect issuer over real HTTP: discovery, and the keys of the tests by their names. */
export interface TestIssuer {
  readonly url: string;
  /** The paths that it was asked for. */
  readonly asked: string[];
  /** The names of the keys that it publishes. */
  keys: string[];
  /** Members that take the place of those of its discovery document. */
  metadata: Record<string, unknown>;
  /** Answers in place of the issuer and returns true. */
  fault: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** A token as it issues them. */
  token(claims: Record<string, unknown>, options?: { key?: string; header?: object }): string;
  stop(): Promise<void>;
}

/** @param certificate for https; absent: http. */
export async function startTestIssuer(certificate?: TestCertificate): Promise<TestIssuer> {
  const listener: RequestListener = (request, response) => {
    issuer.asked.push(request.url ?? '');
    if (issuer.fault(request, response)) return;
    const jwk = (kid: string): object => ({ kid, use: 'sig', alg: 'RS256', ...testKey(kid).publicKey.export({ format: 'jwk' }) });
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, ...issuer.metadata },
      '/keys': { keys: issuer.keys.map(jwk) },
    };
    const document = documents[request.url ?? ''];
    response.writeHead(document ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(document ?? {}));
  };
  const server = certificate ? https.createServer(certificate, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http${certificate ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TestIssuer = {
    url,
    asked: [],
    keys: ['issuer'],
    metadata: {},
    fault: () => false,
    token(claims, { key = 'issuer', header = {} } = {}) {
      const seconds = Math.floor(Date.now() / 1000);
      const payload = { iss: url, aud: 'us', iat: seconds, nbf: seconds, exp: seconds + 300, ...claims };
      return rs256({ alg: 'RS256', typ: 'JWT', kid: key, ...header }, payload, testKey(key).privateKey);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return issuer;
}
