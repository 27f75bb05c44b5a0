import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import {
  dependencyBreaches,
  driverBreaches,
  folderCycle,
  formBreaches,
  importBreaches,
  importsOf,
  readSources,
  type SourceFile,
} from './support/architecture.ts';
import { projectRoot } from './support/program.ts';

const source = readSources(projectRoot, 'src');
const tests = readSources(projectRoot, 'test');
const others = ['bench', 'scripts', 'docs/examples']
  .filter((folder) => fs.existsSync(path.join(projectRoot, folder)))
  .flatMap((folder) => readSources(projectRoot, folder));

describe('the architecture', () => {
  it('reads the sources at all', () => {
    expect(source.length).to.be.greaterThan(100);
    expect(source.flatMap(importsOf).length).to.be.greaterThan(300);
  });

  it('lets each folder import only what it may', () => {
    expect(source.flatMap(importBreaches)).to.deep.equal([]);
  });

  it('has no circle of folders', () => {
    expect(folderCycle(source)).to.equal(undefined);
  });

  it('has short, well named files with named exports', () => {
    expect([...source, ...others].flatMap(formBreaches)).to.deep.equal([]);
  });

  it('has tests that are named after what they test', () => {
    const apart = new Set(['contracts', 'e2e', 'fixtures', 'integration', 'support', 'torture']);
    const folders = fs
      .readdirSync(path.join(projectRoot, 'test'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory());
    const mirrored = folders.map(({ name }) => name).filter((name) => !apart.has(name));
    expect(mirrored.filter((name) => !fs.existsSync(path.join(projectRoot, 'src', name)))).to.deep.equal([]);
    expect(tests.flatMap(formBreaches).filter((breach) => !/ lines,/.test(breach))).to.deep.equal([]);
    expect(
      tests.filter(
        ({ path: file, text }) => /^describe\(/m.test(text) && !file.endsWith('.test.ts') && !/\/contracts\//.test(file),
      ),
    ).to.deep.equal([]);
  });

  it('has no hook that runs for the tests of every file', () => {
    const hooked = tests.filter(
      ({ path: file, text }) => file.endsWith('.test.ts') && /^(?:before|after)(?:Each)?\(/m.test(text),
    );
    expect(hooked.map((file) => file.path)).to.deep.equal([]);
  });

  it('has the same files in the folder of every driver, and tests for each', () => {
    const files = source.map((file) => file.path);
    expect(driverBreaches(files)).to.deep.equal([]);
    const drivers = new Set(files.filter((file) => /^src\/drivers\/[^/]+\//.test(file)).map((file) => file.split('/')[2] ?? ''));
    expect(drivers.size).to.be.greaterThan(4);
    const untested = [...drivers].filter((driver) => !tests.some((file) => file.path.startsWith(`test/drivers/${driver}/`)));
    expect(untested).to.deep.equal([]);
  });

  it('uses every production dependency, and no other package', () => {
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(dependencyBreaches(source, Object.keys(dependencies))).to.deep.equal([]);
  });
});

describe('the checker of the architecture', () => {
  const file = (name: string, text: string): SourceFile => ({ path: `src/${name}`, text: `${text}\n` });

  it('finds every form of import', () => {
    const text = `import a from './a.ts';
import {
  type B,
  c,
} from "./b.ts";
import type { D } from './d.ts';
import './e.ts';
export { f } from './f.ts';
export type { G } from './g.ts';
  const h = () => import('./h.ts');
const i = import(name);
// import './comment.ts';
 * import('./comment.ts')
`;
    expect(importsOf({ text }).map(({ specifier, kind }) => `${kind} ${specifier}`)).to.have.members([
      'static ./a.ts',
      'static ./b.ts',
      'type ./d.ts',
      'static ./e.ts',
      'static ./f.ts',
      'type ./g.ts',
      'dynamic ./h.ts',
      'dynamic ',
    ]);
  });

  const refused: readonly (readonly [string, string])[] = [
    ['framework/a.ts', "import { b } from '../api/b.ts';"],
    ['framework/a.ts', "import type { B } from '../rancher/b.ts';"],
    ['framework/a.ts', "import { settings } from '../settings.ts';"],
    ['payloads/a.ts', "import { b } from '../rancher/b.ts';"],
    ['rancher/a.ts', "import { b } from '../store/b.ts';"],
    ['store/a.ts', "import { b } from '../api/b.ts';"],
    ['api/a.ts', "import { b } from '../drivers/index.ts';"],
    ['api/receivers/a.ts', "import { b } from '../../compose.ts';"],
    ['drivers/one/a.ts', "import { b } from '../two/b.ts';"],
    ['drivers/one/a.ts', "import { b } from '../index.ts';"],
    ['drivers/one/a.ts', "import { b } from '../../payloads/b.ts';"],
    ['drivers/common.ts', "import { b } from './one/b.ts';"],
    ['emulators/rancher/a.ts', "import { b } from '../kubernetes/b.ts';"],
    ['emulators/rancher/a.ts', "import { b } from '../../framework/b.ts';"],
    ['emulators/rancher/a.ts', "const b = await import('../../rancher/b.ts');"],
    ['emulators/shared/a.ts', "import { b } from '../rancher/b.ts';"],
    ['unheard-of/a.ts', "import { b } from '../framework/b.ts';"],
    ['api/a.ts', "import { b } from './b';"],
    ['api/a.ts', "import { b } from '../../test/support/b.ts';"],
    ['api/a.ts', 'const b = await import(name);'],
    ['api/a.ts', "import { createRequire } from 'node:module';"],
    ['drivers/kubernetes/plan.ts', "import type { V1Pod } from '@kubernetes/client-node';"],
    ['drivers/kubernetes/client.ts', "import { KubeConfig } from '@kubernetes/client-node';"],
    ['drivers/kubernetes/client.ts', "import { type KubeConfig } from '@kubernetes/client-node';"],
  ];
  for (const [name, text] of refused) {
    it(`refuses ${text} in ${name}`, () => {
      expect(importBreaches(file(name, text))).to.have.length(1);
    });
  }

  const accepted: readonly (readonly [string, string])[] = [
    ['framework/a.ts', "import { b } from './b.ts';"],
    ['drivers/index.ts', "import { b } from './one/index.ts';"],
    ['drivers/one/a.ts', "import { b } from '../../rancher/b.ts';"],
    ['drivers/kubernetes/client.ts', "const b = import('@kubernetes/client-node');"],
    ['drivers/kubernetes/client.ts', "import type { KubeConfig } from '@kubernetes/client-node';"],
    ['emulators/rancher/http/a.ts', "import { b } from '../../shared/b.ts';"],
    ['compose.ts', "import { b } from './emulators/rancher/b.ts';"],
    ['cli/demo/a.ts', "import { b } from '../../drivers/index.ts';"],
  ];
  for (const [name, text] of accepted) {
    it(`accepts ${text} in ${name}`, () => {
      expect(importBreaches(file(name, text))).to.deep.equal([]);
    });
  }

  it('refuses names, sizes, exports and ends that are none of ours', () => {
    const form = (name: string, text: string): string => formBreaches({ path: name, text }).join('; ');
    expect(form('src/api/goPath.ts', 'x\n')).to.match(/kebab-case/);
    expect(form('src/goApi/path.ts', 'x\n')).to.match(/kebab-case/);
    expect(form('src/a.ts', 'x\n'.repeat(301))).to.match(/301 lines/);
    expect(form('src/a.ts', 'x\n'.repeat(300))).to.equal('');
    expect(form('src/a.ts', 'export default {};\n')).to.match(/default export/);
    expect(form('src/a.ts', 'export { a as default };\n')).to.match(/default export/);
    expect(form('src/a.ts', 'x')).to.match(/newline/);
    expect(form('src/a.ts', 'x\n\n')).to.match(/newline/);
  });

  it('misses the file that a driver lacks', () => {
    const names = ['definition', 'execute', 'index', 'plan'].map((name) => `src/drivers/one/${name}.ts`);
    expect(driverBreaches(names)).to.deep.equal(['src/drivers/one/validate.ts is missing']);
  });

  it('finds a circle of folders, through others too', () => {
    const circle = [
      file('api/a.ts', "import { b } from '../store/b.ts';"),
      file('store/b.ts', "import { c } from '../rancher/c.ts';"),
      file('rancher/c.ts', "import type { A } from '../api/a.ts';"),
    ];
    expect(folderCycle(circle)).to.equal('api → store → rancher → api');
    expect(folderCycle(circle.slice(1))).to.equal(undefined);
  });

  it('finds dependencies that are not used, and packages that are no dependency', () => {
    const files = [
      file('a.ts', "import express from 'express';\nimport x from '@some/other/part.js';\nimport fs from 'node:fs';"),
    ];
    expect(dependencyBreaches(files, ['express', 'ws'])).to.deep.equal([
      'ws is a dependency that nothing imports',
      '@some/other is imported but no dependency',
    ]);
  });
});
