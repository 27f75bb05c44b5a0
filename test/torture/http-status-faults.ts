import http from 'node:http';
import { type HttpFault, startHttpFaultProxy } from '../support/http-faults.ts';
import type { Fault } from './fault.ts';

type Request = Parameters<HttpFault['applies']>[0];

/** Receivers lie in Rancher too: what happens to them is another matter than what happens to targets. */
const isOfTarget = ({ url }: Request): boolean => !/\/genericobjects|\/schemas/i.test(url);
/** A service proxy is no change of anything: what comes after it is. */
const isWrite = (request: Request): boolean =>
  isOfTarget(request) && request.method !== 'GET' && !/\/serviceproxies$/i.test(request.url);

function faultOf(fault: Omit<Fault, 'open'>, answer: Omit<HttpFault, 'applies'>): Fault {
  const isMeant = fault.writesOnly === true ? isWrite : isOfTarget;
  // The answer to a watch is no body that comes to an end.
  const applies = (request: Request): boolean =>
    isMeant(request) && !(answer.asksUpstream === true && request.url.includes('watch=true'));
  return {
    ...fault,
    async open(upstream) {
      const proxy = await startHttpFaultProxy(upstream);
      return {
        url: `http://${proxy.address}`,
        requests: proxy.requests,
        async begin() {
          proxy.fault = { ...answer, applies };
        },
        async heal() {
          proxy.fault = undefined;
        },
        stop: () => proxy.stop(),
      };
    },
  };
}

function statusFault(fault: Omit<Fault, 'open' | 'name'> & { readonly status: number }, headers = {}, note = ''): Fault {
  const { status, writesOnly } = fault;
  const name = `${status}${note}${writesOnly === true ? ' to writes' : ''}`;
  return faultOf(
    { name, ...fault },
    {
      answer(response) {
        const message = `${http.STATUS_CODES[status]}, as the test wants it`;
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify({ type: 'error', status, code: 'Test', message }));
      },
    },
  );
}

const retryAfterMs = 2_000;

function statusFaults(writesOnly: boolean): Fault[] {
  const statuses = {
    outage: [500, 502, 503, 504, 409],
    refusal: [400, 401, 403, 404, 422],
  } as const;
  // Tokens and certificates of a cluster expire, and are read again for every call.
  const except = (status: number): Pick<Fault, 'except'> => (status === 401 ? { except: { deploymentUpdate: 'outage' } } : {});
  const plain = (['outage', 'refusal'] as const).flatMap((effect) =>
    statuses[effect].map((status) => statusFault({ effect, status, writesOnly, ...except(status) })),
  );
  const throttled = { effect: 'outage', status: 429, writesOnly, retryAfterMs } as const;
  const date = {
    get 'retry-after'() {
      return new Date(Date.now() + retryAfterMs + 999).toUTCString();
    },
  };
  return [
    ...plain,
    statusFault(throttled, { 'retry-after': String(retryAfterMs / 1000) }, ' in seconds'),
    statusFault(throttled, date, ' by a date'),
    statusFault({ effect: 'outage', status: 429, writesOnly }, {}, ' without a time'),
  ];
}

/** Answers with which nothing can be begun, or that only look so. */
function bodyFaults(): Fault[] {
  const page = '<html><body>Log in, please</body></html>';
  return [
    faultOf({ name: 'no answer', effect: 'outage' }, { answer: () => undefined }),
    faultOf(
      { name: 'an answer that stops', effect: 'outage' },
      {
        asksUpstream: true,
        answer(response, { body }) {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length + 1 }).write(body);
        },
      },
    ),
    faultOf(
      { name: 'truncated JSON', effect: 'outage' },
      {
        asksUpstream: true,
        answer(response, { body }) {
          response.writeHead(200, { 'content-type': 'application/json' }).end(body.subarray(0, body.length / 2));
        },
      },
    ),
    faultOf(
      { name: 'an answer that breaks off', effect: 'outage' },
      {
        asksUpstream: true,
        answer(response, { body }) {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length + 1 });
          response.write(body, () => response.destroy());
        },
      },
    ),
    faultOf(
      // The container that a post is handed on to may answer as it likes.
      { name: 'HTML with 200', effect: 'outage' },
      { answer: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(page) },
    ),
    faultOf(
      { name: 'an empty 200', effect: 'outage' },
      { answer: (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end() },
    ),
    faultOf(
      { name: 'the wrong content type', effect: 'none' },
      {
        asksUpstream: true,
        answer(response, { status, headers, body }) {
          response.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(body);
        },
      },
    ),
  ];
}

/** Answers that say no, or say nothing that can be understood. */
export function httpFaults(): Fault[] {
  return [...bodyFaults(), ...statusFaults(false), ...statusFaults(true)];
}
