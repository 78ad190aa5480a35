/**
 * Builds the console, unless what is there was made of the same sources: `npm run console`.
 * Plain JavaScript, because `run.mjs` asks it on Node 20 whether there is anything to do.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const home = fileURLToPath(new URL('..', import.meta.url))
const folder = join(home, 'console')
const built = join(folder, 'dist')
const stamp = 'built-from'

/** What the console may import besides its own: whatever of it changes, what is built may be another. */
const below = ['base', 'protocol', 'sdk']

/** @returns {string[]} the files that the console is made of, from the root of the house */
export function consoleSources() {
  const isOurs = (path) => !/^dist\b|\.test\.ts$|^for-tests\.ts$|node_modules/.test(path)
  const inside = (room, form) =>
    readdirSync(join(home, room), { recursive: true })
      .filter((path) => isOurs(path) && form.test(path))
      .map((path) => join(room, path))
  return [
    ...inside('console', /\.(tsx?|css|html|svg|json)$/),
    ...below.flatMap((room) => inside(room, /\.(ts|json)$/)),
    'package-lock.json',
  ].sort()
}

/** @returns one line for all of them */
function readSources() {
  const hash = createHash('sha256')
  for (const file of consoleSources()) hash.update(`${file}\n`).update(readFileSync(join(home, file)))
  return hash.digest('hex')
}

export function isConsoleBuilt() {
  const path = join(built, stamp)
  return existsSync(path) && readFileSync(path, 'utf8') === readSources()
}

async function build() {
  const sources = readSources()
  const making = join(folder, `dist-${process.pid}`)
  const { build: buildWithVite } = await import(pathToFileURL(join(home, 'node_modules/vite/dist/node/index.js')).href)
  try {
    await buildWithVite({ root: folder, logLevel: 'error', build: { outDir: making } })
    for (const name of readdirSync(join(making, 'assets'))) compress(join(making, 'assets', name))
    compress(join(making, 'index.html'))
    writeFileSync(join(making, stamp), sources)
    // Whoever serves the old one has read it whole.
    rmSync(built, { recursive: true, force: true })
    renameSync(making, built)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

/** Ahead of time, so that it can be done as well as it can be. */
function compress(path) {
  const plain = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length }
  writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }))
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !isConsoleBuilt()) {
  mkdirSync(folder, { recursive: true })
  await build()
}
