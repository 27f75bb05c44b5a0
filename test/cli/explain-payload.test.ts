import { Readable } from 'node:stream';
import { expect } from 'chai';
import { UsageError } from '../../src/cli/command.ts';
import { explainPayloadOf } from '../../src/cli/explain-payload.ts';
import { expectedEvents, payloadSamples } from '../support/payload-samples.ts';
import { startWebhookService } from '../support/program.ts';
import { runCommand } from '../support/run-command.ts';

type Input = ReturnType<Parameters<typeof explainPayloadOf>[0]>;

function explain(body: string | Input, ...args: readonly string[]): Promise<{ code: number; output: string }> {
  const input = typeof body === 'string' ? Readable.from([Buffer.from(body)]) : body;
  return runCommand(
    explainPayloadOf(() => input),
    args,
  );
}

async function explained(body: string, ...args: readonly string[]): Promise<{ code: number; format: unknown; events: object[] }> {
  const { code, output } = await explain(body, '--json', ...args);
  return { code, ...(JSON.parse(output) as { format: unknown; events: object[] }) };
}

async function misuse(explaining: Promise<unknown>): Promise<string> {
  const thrown: unknown = await explaining.catch((error: unknown) => error);
  if (!(thrown instanceof UsageError)) throw new Error('it was taken', { cause: thrown });
  return thrown.message;
}

describe('explain payload', () => {
  for (const sample of payloadSamples) {
    it(`says of ${sample.name} what is expected`, async () => {
      const headers = Object.entries(sample.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
      for (const args of [[], headers]) {
        const { code, format, events } = await explained(sample.text, ...args);
        expect(code).to.equal(0);
        expect(format).to.be.a('string');
        const wanted = expectedEvents(sample);
        const relevant = events.filter((event) => 'outcome' in event && event.outcome === sample.expected.outcome);
        expect(relevant).to.have.length(wanted.length);
        wanted.forEach((event, index) => expect(relevant[index]).to.include(event));
        for (const event of events)
          expect(Object.keys(event)).to.deep.equal(['outcome', 'registry', 'repository', 'tag', 'digest', 'reason']);
      }
    });
  }

  it('reads a format by its name, with its options', async () => {
    const body = '{"push_data": {"tag": "1"}, "repository": {"repo_full_name": "ns/web", "region": "cn-hangzhou"}}';
    const { events } = await explained(body, '--format', 'alicloud', '--address-type', 'registry-vpc');
    expect(events[0]).to.include({ registry: 'registry-vpc.cn-hangzhou.aliyuncs.com', repository: 'ns/web', tag: '1' });
    const custom = await explained(
      '{"a": {"b": ["acme/web"]}, "c": "7"}',
      '--format=custom',
      '--image-path',
      'a.b[0]',
      '--tag-path=c',
    );
    expect(custom).to.deep.include({ code: 0, format: 'custom' });
    expect(custom.events[0]).to.include({ outcome: 'deploy', repository: 'acme/web', tag: '7' });
  });

  it('takes headers in any case, with colons in their values', async () => {
    const { events } = await explained('{"zen": 1}', '-H', 'X-GitHub-Event:ping', '--header', 'X-Time: 10:20');
    expect(events).to.deep.equal([
      { outcome: 'ping', registry: null, repository: null, tag: null, digest: null, reason: 'a test of the webhook' },
    ]);
  });

  it('says it in words', async () => {
    const text = (name: string): string => payloadSamples.find((sample) => sample.name === name)?.text ?? '';
    expect((await explain(text('distribution'))).output).to.equal(
      `format distribution
deploy registrycluster.local/library/test:latest@sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf
ignore registrycluster.local/library/test: a layer was pushed, not an image
ignore 192.168.100.227:5000/hello-world:latest@sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf: an image was pulled
`,
    );
    expect((await explain(text('nexus-docker-component'))).output).to.include('deploy (registry not said)/app1/alpine:3.4\n');
    expect((await explain(text('azure-acr-ping'))).output).to.equal('format azure\nping: a test of the webhook\n');
  });

  const unreadable: readonly (readonly [body: string, args: readonly string[], error: string, format: string | null])[] = [
    ['', [], 'The request has no payload', null],
    ['{', [], 'The payload is not valid JSON: unexpected end of JSON input', null],
    ['[]', [], 'The payload is not a JSON object', null],
    ['{"a": 1}', [], 'The payload is of no known format (payloadFormat custom reads any)', null],
    ['{"a": 1}', ['--format', 'dockerhub'], 'Incomplete webhook response provided', 'dockerhub'],
    ['{}', ['--header', 'Content-Encoding: gzip'], 'A body with a Content-Encoding is not accepted', null],
    ['{"a": "b:1"}', ['--image-path', 'a'], 'imagePath needs payloadFormat custom', null],
    ['{"a": 1}', ['--format', 'custom'], 'imagePath not provided, which payloadFormat custom needs', 'custom'],
  ];
  for (const [body, args, error, format] of unreadable) {
    it(`ends with 1 for ${body || 'nothing'} ${args.join(' ')}`, async () => {
      expect(await explained(body, ...args)).to.deep.equal({ code: 1, format, events: [], error });
      expect(await explain(body, ...args)).to.deep.equal({ code: 1, output: `cannot be read: ${error}\n` });
    });
  }

  it('says which pushes no receiver can act on', async () => {
    const { code, events } = await explained('{"image": "acme/веб", "tags": ["1"]}');
    expect(code).to.equal(0);
    expect(events).to.deep.equal([
      {
        outcome: 'ignore',
        registry: 'docker.io',
        repository: 'acme/веб',
        tag: '1',
        digest: null,
        reason: 'The pushed repository "docker.io/acme/веб" is not a valid name',
      },
    ]);
    const long = await explained(`{"image": "Acme/Web:${'x'.repeat(129)}"}`);
    expect(long.events[0]).to.include({ outcome: 'ignore', reason: `The pushed tag "${'x'.repeat(129)}" is not valid` });
  });

  it('reads a list of events', async () => {
    const batch = ['1', '2'].map((tag) => ({
      specversion: '1.0',
      type: 'image.pushed',
      data: { image: `r.example.com/web:${tag}` },
    }));
    const { format, events } = await explained(
      JSON.stringify(batch),
      '--header',
      'Content-Type: application/cloudevents-batch+json',
    );
    expect(format).to.equal('cloudevents');
    expect(events.map((event) => 'tag' in event && event.tag)).to.deep.equal(['1', '2']);
  });

  const misused: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [['--format', 'nope'], /--format must be one of auto, dockerhub, .*, not nope/],
    [['--header', 'nothing'], /--header needs 'Name: value', not nothing/],
    [['--nope'], /--nope/],
    [['push.json'], /push\.json/],
  ];
  for (const [args, text] of misused) {
    it(`does not take ${args.join(' ')}`, async () => {
      expect(await misuse(explain('{}', ...args))).to.match(text);
    });
  }

  it('takes no body that is larger than a receiver would take', async () => {
    const large = Readable.from(Array.from({ length: 17 }, () => Buffer.alloc(64 * 1024)));
    expect(await misuse(explain(large))).to.match(/larger than 1048576/);
  });

  it('does not wait for what nobody will type', async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    expect(await misuse(explain(terminal))).to.match(/standard input/);
  });

  it('is a command of the program', async () => {
    const program = startWebhookService(['explain', 'payload', '--json']);
    program.process.stdin.end('{"image": "acme/web:1"}');
    expect(await program.ended()).to.equal(0);
    expect(JSON.parse(program.output())).to.deep.equal({
      format: 'generic',
      events: [{ outcome: 'deploy', registry: 'docker.io', repository: 'acme/web', tag: '1', digest: null, reason: null }],
    });
  });
});
