import { expect } from 'chai';
import * as fc from 'fast-check';
import type { JsonObject } from '../../src/framework/json.ts';
import type { PayloadOptions } from '../../src/framework/payload-format.ts';
import { readPayload } from '../../src/framework/read-payload.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import { parseJsonPath } from '../../src/payloads/json-path.ts';
import { threadTime } from '../support/thread-time.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const body = {
  artifact: { name: 'gcr.io/acme/web', tags: ['1', '2'], 'the digest': digest, count: 3, none: null },
  images: [{ ref: 'acme/a:1' }, { ref: `acme/b:2@${digest}` }, {}],
  url: 'https://r.example.com:5000/web',
  "it's": { 'a.b': ['x'] },
};

function valuesAt(path: string, document: unknown): unknown[] {
  return parseJsonPath(path)
    .find(document)
    .map(({ value }) => value);
}

function read(options: PayloadOptions, of: JsonObject = body): string[] {
  const { events, ignored } = readPayload(payloadFormats, 'custom', of, {}, options);
  return [
    ...events.map((event) => `${event.registry}/${event.repository}:${event.tag}${event.digest ? '@' : ''}`),
    ...ignored.map(({ reason }) => reason),
  ];
}

describe('payload format custom', () => {
  const rows: readonly (readonly [options: PayloadOptions, found: readonly string[]])[] = [
    [{ imagePath: '$.images[0].ref' }, ['docker.io/acme/a:1']],
    [{ imagePath: 'images[*].ref' }, ['docker.io/acme/a:1', 'docker.io/acme/b:2@']],
    [{ imagePath: 'artifact.name', tagPath: 'artifact.tags[-1]' }, ['gcr.io/acme/web:2']],
    [{ imagePath: 'artifact.name', tagPath: 'artifact.tags[*]' }, ['gcr.io/acme/web:1', 'gcr.io/acme/web:2']],
    [
      { imagePath: 'artifact.name', tagPath: 'artifact.tags[*]', digestPath: "artifact['the digest']" },
      ['gcr.io/acme/web:1@', 'gcr.io/acme/web:2@'],
    ],
    [{ imagePath: 'images[*].ref', tagPath: 'artifact.tags[0]' }, ['docker.io/acme/a:1', 'docker.io/acme/b:1@']],
    [{ imagePath: 'url', tagPath: 'artifact.tags[0]' }, ['r.example.com:5000/web:1']],
    [{ imagePath: 'artifact.name' }, ['the push has no tag']],
    [{ imagePath: 'artifact.name', tagPath: 'artifact.none' }, ['the push has no tag']],
    [{ imagePath: 'other.name' }, ['imagePath other.name finds nothing in the body']],
  ];
  for (const [options, found] of rows) {
    it(`finds ${found.join(', ')} with ${JSON.stringify(options)}`, () => expect(read(options)).to.deep.equal(found));
  }

  const refused: readonly (readonly [options: PayloadOptions, text: RegExp])[] = [
    [{ imagePath: 'artifact.count' }, /imagePath finds a value that is no text/],
    [{ imagePath: 'artifact' }, /imagePath finds a value that is no text/],
    [{ imagePath: 'artifact.name', tagPath: 'artifact.count' }, /tagPath finds a value that is no text/],
    [{ imagePath: 'images[*].ref', tagPath: 'images[*]' }, /tagPath finds a value that is no text/],
    [
      { imagePath: 'artifact.name', tagPath: 'artifact.tags[*]', digestPath: 'artifact.three[*]' },
      /digestPath finds 3 values for 2 images/,
    ],
  ];
  for (const [options, text] of refused) {
    it(`refuses a body with ${JSON.stringify(options)}`, () => {
      const three = { ...body, artifact: { ...body.artifact, three: ['a', 'b', 'c'] } };
      expect(() => read(options, three))
        .to.throw(text)
        .with.property('code', 'InvalidPayload');
    });
  }

  describe('pairs what stands in the same entry', () => {
    const images = { imagePath: '$.images[*].name', tagPath: '$.images[*].tag', digestPath: '$.images[*].digest' };
    const lists = { imagePath: 'images[*].name', tagPath: 'images[*].tags[*].name', digestPath: 'images[*].tags[*].digest' };
    const a = { name: 'r.io/a' };
    const b = { name: 'r.io/b' };
    const pairs: readonly (readonly [options: PayloadOptions, of: JsonObject, found: readonly string[]])[] = [
      [images, { images: [a, { ...b, tag: '2' }] }, ['r.io/b:2', 'the push has no tag']],
      [
        images,
        {
          images: [
            { ...a, tag: null },
            { ...b, tag: '2' },
          ],
        },
        ['r.io/b:2', 'the push has no tag'],
      ],
      [
        images,
        {
          images: [
            { ...a, tag: '1' },
            { ...b, tag: '2', digest },
          ],
        },
        ['r.io/a:1', 'r.io/b:2@'],
      ],
      [images, { images: [{ tag: '1' }, { ...b, tag: '2' }] }, ['r.io/b:2']],
      [images, { images: { one: { ...a, tag: '1', digest }, two: { ...b, tag: '2' } } }, ['r.io/a:1@', 'r.io/b:2']],
      [
        lists,
        {
          images: [
            { ...a, tags: [{ name: '1' }, { name: '2', digest }] },
            { ...b, tags: [] },
          ],
        },
        ['r.io/a:1', 'r.io/a:2@', 'the push has no tag'],
      ],
      [
        lists,
        {
          images: [
            { ...a, tags: [{ name: '1', digest }, { name: '2' }] },
            { ...b, tags: [{ name: '3', digest }] },
          ],
        },
        ['r.io/a:1@', 'r.io/a:2', 'r.io/b:3@'],
      ],
      [
        { imagePath: 'image', tagPath: 'tags[*].name', digestPath: 'tags[*].digest' },
        { image: 'r.io/a', tags: [{ name: '1' }, { name: '2', digest }] },
        ['r.io/a:1', 'r.io/a:2@'],
      ],
      [
        { imagePath: 'names[*]', tagPath: 'tags[*]' },
        { names: ['r.io/a', null, 'r.io/b'], tags: [null, '1', '2'] },
        ['r.io/b:2', 'the push has no tag', 'the push names no repository'],
      ],
      [{ imagePath: 'images[*]' }, { images: [null, ''] }, ['imagePath images[*] finds nothing in the body']],
    ];
    for (const [options, of, found] of pairs)
      it(`${JSON.stringify(of).replaceAll(digest, '…')}: ${found.join(', ')}`, () =>
        expect(read(options, of)).to.deep.equal(found));

    it('refuses two digests of one tag', () => {
      const of = { images: [{ ...a, tag: '1', digests: [digest, digest] }] };
      expect(() => read({ ...images, digestPath: 'images[*].digests[*]' }, of)).to.throw(
        'digestPath finds 2 values for 1 images',
      );
    });
  });

  it('refuses more images than can be planned', () => {
    const many = { images: Array.from({ length: 1001 }, (_, index) => `acme/web:${index}`) };
    expect(() => read({ imagePath: 'images[*]' }, many)).to.throw('imagePath finds 1001 values, and 1000 are the most');
  });

  const invalid: readonly (readonly [options: PayloadOptions, field: string, text: RegExp])[] = [
    [{}, 'imagePath', /imagePath not provided/],
    [{ imagePath: '' }, 'imagePath', /imagePath not provided/],
    [{ imagePath: '$' }, 'imagePath', /has no step/],
    [{ imagePath: 'a..b' }, 'imagePath', /character 2 is no step/],
    [{ imagePath: '$..a' }, 'imagePath', /character 2 is no step/],
    [{ imagePath: '..a' }, 'imagePath', /character 1 is no step/],
    [{ imagePath: '$.a[?(@.b)]' }, 'imagePath', /character 4 is no step/],
    [{ imagePath: 'a[1' }, 'imagePath', /character 2 is no step/],
    [{ imagePath: "a['b" }, 'imagePath', /character 2 is no step/],
    [{ imagePath: 'a', tagPath: 'a b' }, 'tagPath', /character 2 is no step/],
    [{ imagePath: 'a', digestPath: 'a.' }, 'digestPath', /character 2 is no step/],
    [{ imagePath: 'a'.repeat(501) }, 'imagePath', /500 characters at most/],
    [{ imagePath: 'a' + '.a'.repeat(32) }, 'imagePath', /32 steps at most/],
  ];
  for (const [options, fieldName, text] of invalid) {
    it(`does not take ${JSON.stringify(options).slice(0, 60)}`, () => {
      const check = (): void => payloadFormats.find('custom')?.checkOptions?.(options);
      expect(check).to.throw(text).with.property('fieldName', fieldName);
      expect(() => read(options))
        .to.throw(text)
        .with.property('code', 'InvalidConfig');
    });
  }
});

describe('a JSON path', () => {
  const rows: readonly (readonly [path: string, found: readonly unknown[]])[] = [
    ['artifact.count', [3]],
    ['$.artifact.count', [3]],
    ["$['artifact']['count']", [3]],
    ['$["artifact"].tags[1]', ['2']],
    ['artifact.tags[-2]', ['1']],
    ['artifact.tags[2]', []],
    ['artifact.tags.0', []],
    ['artifact.count.more', []],
    ["['it\\'s']['a.b'][*]", ['x']],
    ['artifact.tags.*', ['1', '2']],
    ["['it\\'s'].*[0]", ['x']],
    ['constructor', []],
    ['__proto__', []],
    ['artifact.tags.length', []],
  ];
  for (const [path, found] of rows) {
    it(`${path} finds ${JSON.stringify(found)}`, () => expect(valuesAt(path, body)).to.deep.equal(found));
  }

  it('finds every quoted name, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), fc.constantFrom("'", '"'), (name, quote) => {
        const quoted = name.replaceAll(/[\\'"]/g, (character) => `\\${character}`);
        expect(valuesAt(`$[${quote}${quoted}${quote}]`, { [name]: 1 })).to.deep.equal(
          Object.hasOwn({ [name]: 1 }, name) ? [1] : [],
        );
      }),
    );
  });

  it('is a path or a SyntaxError, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '.', '[', ']', '*', "'", '\\', '$', '1', '-'), maxLength: 40 }),
        (text) => {
          try {
            expect(valuesAt(text, body)).to.be.an('array');
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(SyntaxError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('takes no long time, however it is made', () => {
    const wide = { a: Array.from({ length: 200 }, () => Array.from({ length: 500 }, () => [1])) };
    const took = threadTime(() => {
      expect(valuesAt(`a${'[*]'.repeat(31)}`, wide)).to.deep.equal([]);
      expect(valuesAt('a[*][*][*]', wide)).to.have.length(100_000);
      expect(() => parseJsonPath(`['${'\\'.repeat(490)}`)).to.throw(SyntaxError);
    });
    expect(took, 'milliseconds').to.be.lessThan(1000);
  });
});
