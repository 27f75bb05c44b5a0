import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { skipOutsideCi } from './skip.ts';

/** What goes wrong on the way to an upstream. @see https://github.com/Shopify/toxiproxy#toxics */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'slow_close' | 'timeout' | 'reset_peer' | 'slicer' | 'limit_data';
  /** `upstream`: what the client sends; `downstream`: what it gets. */
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

export interface ToxicProxy {
  /** `host:port` */
  readonly address: string;
  /** `down`: connections are refused, and those that are open are closed. */
  begin(toxic: Toxic | 'down'): Promise<void>;
  heal(): Promise<void>;
}

/** A running Toxiproxy: a TCP proxy whose connections go wrong as they are told to. */
export interface Toxiproxy {
  /** @param upstream `host:port` */
  open(upstream: string): Promise<ToxicProxy>;
  stop(): Promise<void>;
}

const built = fileURLToPath(new URL('../../.cache/toxiproxy', import.meta.url));

function program(): string | undefined {
  for (const folder of [process.env['TOXIPROXY_ASSETS'], built]) {
    const names = folder !== undefined && existsSync(folder) ? readdirSync(folder) : [];
    const name = names
      .filter((each) => each.startsWith('toxiproxy-'))
      .toSorted()
      .at(-1);
    if (folder !== undefined && name !== undefined) return path.join(folder, name);
  }
  return undefined;
}

/** Without the program the test is skipped, saying how to get it; with CI=true it fails. */
export async function useToxiproxy(test: Mocha.Context): Promise<Toxiproxy> {
  if (program() !== undefined) return startToxiproxy();
  return skipOutsideCi(test, missing);
}

const missing = 'no Toxiproxy: run test/support/toxiproxy/build.sh (needs Go; about 10 seconds, once)';

/** @throws Error if the program is missing or does not start. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const file = program();
  if (file === undefined) throw new Error(missing);
  const port = await freePort();
  const child = spawn(file, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const api = apiOf(`http://127.0.0.1:${port}`);
  await answers(() => api('GET', '/version'), child);
  let count = 0;
  return {
    async open(upstream) {
      const name = `proxy-${++count}`;
      const { listen } = await api('POST', '/proxies', { name, listen: '127.0.0.1:0', upstream, enabled: true });
      let toxic: Toxic | 'down' | undefined;
      return {
        address: String(listen),
        async begin(begun) {
          toxic = begun;
          if (begun === 'down') await api('POST', `/proxies/${name}`, { enabled: false });
          else await api('POST', `/proxies/${name}/toxics`, { name: 'toxic', toxicity: 1, ...begun });
        },
        async heal() {
          if (toxic === 'down') await api('POST', `/proxies/${name}`, { enabled: true });
          else if (toxic !== undefined) await api('DELETE', `/proxies/${name}/toxics/toxic`);
          toxic = undefined;
        },
      };
    },
    async stop() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

type Api = (method: string, path: string, body?: object) => Promise<Record<string, unknown>>;

function apiOf(url: string): Api {
  return async (method, pathname, body) => {
    const answer = await fetch(url + pathname, { method, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Toxiproxy answered ${method} ${pathname} with ${answer.status}: ${text}`);
    return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  };
}

async function answers(ask: () => Promise<unknown>, child: { readonly exitCode: number | null }): Promise<void> {
  for (const end = performance.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    try {
      await ask();
      return;
    } catch (thrown) {
      if (child.exitCode !== null || performance.now() > end) throw thrown;
    }
  }
}
