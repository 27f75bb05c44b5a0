// Loaded before the program by the npm scripts, so that an older Node says what to do instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(`webhook-service needs Node.js 24.15 or later; this is ${process.version}.
The right one comes with "npm ci" (the package "node"). If install scripts are switched off here, run
  npm rebuild node
or install Node.js 24 yourself, and try again.`);
  process.exit(1);
}
