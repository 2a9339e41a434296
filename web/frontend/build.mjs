// Builds every island of script below src/ into web/static/dist, one .js and one .css a folder.
// Usage: node build.mjs [--watch]

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, context } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const islands = readdirSync(here('src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());

const options = {
  entryPoints: Object.fromEntries(islands.map(({ name }) => [name, here(`src/${name}/index.js`)])),
  outdir: here('../static/dist'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  metafile: true,
  logLevel: 'info',
};

rmSync(options.outdir, { recursive: true, force: true });

if (process.argv.includes('--watch')) {
  await (await context(options)).watch();
} else {
  licences((await build(options)).metafile);
}

// The libraries' own notices travel with what was made from them.
function licences({ inputs }) {
  const packages = new Set(Object.keys(inputs).map((path) => /^(.*node_modules\/(@[^/]+\/)?[^/]+)\//.exec(path)?.[1]));
  packages.delete(undefined);
  const notices = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = ['LICENSE', 'LICENSE.md', 'license'].map((each) => join(folder, each)).find(existsSync);
    return `${name} ${version} (${license})\n\n${file ? readFileSync(file, 'utf8').trim() : ''}\n`;
  });
  writeFileSync(join(options.outdir, 'licences.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}
