import fs from 'node:fs';
import path from 'node:path';

export type ImportKind = 'static' | 'type' | 'dynamic';

export interface Import {
  readonly specifier: string;
  readonly kind: ImportKind;
}

/** A source file: its path below the root with `/` between, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const longestFile = 300;

/** The file names that every driver's folder has. */
const driverFiles = ['definition.ts', 'execute.ts', 'index.ts', 'plan.ts', 'validate.ts'];

/** The only file that may load the Kubernetes client, and only when a cluster is first wanted. */
const clientNode = '@kubernetes/client-node';
const clientNodeFile = 'src/drivers/kubernetes/client.ts';

/** Folder below src → the other folders that it may import from. Files right below src, and cli, may import everything. */
const allowedFolders: Readonly<Record<string, readonly string[]>> = {
  framework: [],
  payloads: ['framework'],
  rancher: ['framework'],
  store: ['framework', 'rancher'],
  api: ['framework', 'rancher'],
  drivers: ['framework', 'rancher'],
  emulators: [],
};
const freeFolders = new Set(['cli']);

/** Every file below a folder, in the order of their names. */
export function readSources(root: string, folder: string, extension = '.ts'): SourceFile[] {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .toSorted()
    .map((name) => {
      const below = path.posix.join(folder, name.replaceAll(path.sep, '/'));
      return { path: below, text: fs.readFileSync(path.join(root, below), 'utf8') };
    });
}

/** What a file imports and re-exports; comment lines do not count. */
export function importsOf({ text }: Pick<SourceFile, 'text'>): Import[] {
  const code = text
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
    .join('\n');
  const named = [...code.matchAll(/^(?:import|export)\s+(type\s[^'";]*?|[^'";]*?)from\s+['"]([^'"]+)['"]/gm)].map(
    ([, clause = '', specifier = '']): Import => ({ specifier, kind: /^type\s/.test(clause) ? 'type' : 'static' }),
  );
  const bare = [...code.matchAll(/^import\s+['"]([^'"]+)['"]/gm)].map(([, specifier = '']): Import => ({
    specifier,
    kind: 'static',
  }));
  const dynamic = [...code.matchAll(/\bimport\(\s*(?:['"]([^'"]*)['"]\s*\)|)/g)].map(([, specifier = '']): Import => ({
    specifier,
    kind: 'dynamic',
  }));
  return [...named, ...bare, ...dynamic];
}

/** The package that a specifier names; undefined for a file or a part of Node. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The folder that counts as one part: `framework`, `drivers/kubernetes`, `emulators/shared`; a file right below src is its own. */
export function unitOf(file: string): string {
  const [, first = '', second = '', ...rest] = file.split('/');
  return rest.length > 0 && (first === 'drivers' || first === 'emulators') ? `${first}/${second}` : first;
}

/** The file that a relative import leads to. */
function targetOf(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier);
}

/** Breaches of the rules who may import whom. */
export function importBreaches(file: SourceFile): string[] {
  return importsOf(file).flatMap((found) => {
    const reason = found.specifier.startsWith('.') ? fileBreach(file.path, found) : packageBreach(file.path, found);
    return reason === undefined ? [] : [`${file.path} imports ${found.specifier}: ${reason}`];
  });
}

function packageBreach(file: string, { specifier, kind }: Import): string | undefined {
  if (specifier === '') return 'only a literal name can be checked';
  if (specifier === 'node:module') return 'a require would not be checked';
  if (packageOf(specifier) !== clientNode) return undefined;
  if (file !== clientNodeFile) return `only ${clientNodeFile} may`;
  return kind === 'static' ? 'it is to be loaded when it is first wanted' : undefined;
}

function fileBreach(file: string, { specifier }: Import): string | undefined {
  const target = targetOf(file, specifier);
  const [from, to] = [unitOf(file), unitOf(target)];
  const [folder = '', other = ''] = [from, to].map((unit) => unit.split('/')[0] ?? '');
  if (!specifier.endsWith('.ts')) return 'the extension .ts is missing';
  if (!target.startsWith('src/')) return 'src imports nothing from outside';
  if (from === to || folder.endsWith('.ts') || freeFolders.has(folder)) return undefined;
  const allowed = allowedFolders[folder];
  if (allowed === undefined) return `nothing says what the folder ${folder} may import`;
  if (allowed.includes(other)) return undefined;
  // The table of all drivers.
  if (from === 'drivers' && folder === other) return file === 'src/drivers/index.ts' ? undefined : 'only the table may';
  if (folder === 'drivers' && other === 'drivers') return 'a driver knows no other';
  if (folder === 'emulators' && to === 'emulators/shared') return undefined;
  return `${from} may import ${[...allowed, ...(folder === 'emulators' ? ['emulators/shared'] : [])].join(', ') || 'nothing of ours'}`;
}

/** Breaches of the rules for a single file: its name, its size, its exports, its end. */
export function formBreaches({ path: file, text }: SourceFile): string[] {
  const lines = text.split('\n').length - 1;
  const breaches = [
    [!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/.test(path.posix.basename(file)), 'is not named in kebab-case'],
    [
      !file
        .split('/')
        .slice(0, -1)
        .every((part) => /^\.?[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part)),
      'lies in a folder with another name than kebab-case',
    ],
    [lines > longestFile, `has ${lines} lines, ${longestFile} are the most`],
    [/^export\s+(?:default\b|\{[^}]*\bas\s+default\b|=)/m.test(text), 'has a default export'],
    [!text.endsWith('\n') || text.endsWith('\n\n'), 'does not end with one newline'],
  ] as const;
  return breaches.flatMap(([broken, text]) => (broken ? [`${file} ${text}`] : []));
}

/** Driver folders that lack one of the files that each has. */
export function driverBreaches(files: readonly string[]): string[] {
  const folders = new Set(files.filter((file) => /^src\/drivers\/[^/]+\//.test(file)).map((file) => file.split('/')[2] ?? ''));
  return [...folders].flatMap((folder) =>
    driverFiles
      .map((name) => `src/drivers/${folder}/${name}`)
      .filter((name) => !files.includes(name))
      .map((name) => `${name} is missing`),
  );
}

/** Production dependencies that no file imports, and imports of packages that are none. */
export function dependencyBreaches(files: readonly SourceFile[], dependencies: readonly string[]): string[] {
  const used = new Set(files.flatMap((file) => importsOf(file).flatMap(({ specifier }) => packageOf(specifier) ?? [])));
  return [
    ...dependencies.filter((name) => !used.has(name)).map((name) => `${name} is a dependency that nothing imports`),
    ...[...used]
      .filter((name) => name !== '' && !dependencies.includes(name))
      .map((name) => `${name} is imported but no dependency`),
  ];
}

/** The first circle found among folders, as `a → b → a`. Type imports count: a folder must be understandable without its users. */
export function folderCycle(files: readonly SourceFile[]): string | undefined {
  const graph = new Map<string, Set<string>>();
  for (const file of files) {
    const targets = importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => unitOf(targetOf(file.path, specifier)));
    const unit = unitOf(file.path);
    graph.set(unit, new Set([...(graph.get(unit) ?? []), ...targets.filter((target) => target !== unit)]));
  }
  const done = new Set<string>();
  const visit = (unit: string, way: readonly string[]): string | undefined => {
    if (way.includes(unit)) return [...way.slice(way.indexOf(unit)), unit].join(' → ');
    if (done.has(unit)) return undefined;
    for (const next of graph.get(unit) ?? []) {
      const cycle = visit(next, [...way, unit]);
      if (cycle !== undefined) return cycle;
    }
    done.add(unit);
    return undefined;
  };
  for (const unit of graph.keys()) {
    const cycle = visit(unit, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
