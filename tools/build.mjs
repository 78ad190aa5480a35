/**
 * Builds what starts faster built, unless what is there was made of the same sources: `npm run build`.
 * Plain JavaScript, because `run.mjs` asks it on Node 20 whether there is anything to do.
 */
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib'

const home = fileURLToPath(new URL('..', import.meta.url))
const stamp = 'built-from'
const programRooms = ['base', 'protocol', 'sdk', 'relay', 'agent', 'cli']

/** They stay packages: a relay that runs does not lose them when it is built anew, and pdfkit reads files of its own. */
const loadedLater = ['nodemailer', 'pdfkit', 'unpdf', 'openid-client', /^@simplewebauthn\/server/]

/** What may be imported of each room is among its sources: whatever of it changes, what is built may be another. */
const builds = {
  /** Node runs no TSX. */
  console: {
    folder: 'console/dist',
    builder: 'vite',
    sources: () => [
      ...sourcesIn('console', /\.(tsx?|css|html|svg|json|webmanifest)$/),
      ...['base', 'protocol', 'sdk'].flatMap((room) => sourcesIn(room, /\.(ts|json)$/)),
    ],
    make: makeConsole,
  },
  /** The `fairlead` command in a few files instead of thirteen hundred: it starts in half of the time. */
  programs: {
    folder: 'cli/dist',
    builder: 'rolldown',
    sources: () => programRooms.flatMap((room) => sourcesIn(room, /\.(ts|json)$/)),
    make: makePrograms,
  },
}

function sourcesIn(room, form) {
  const isOurs = (path) => !/^dist\b|\.test\.ts$|^for-tests\.ts$|node_modules/.test(path)
  return readdirSync(join(home, room), { recursive: true })
    .filter((path) => isOurs(path) && form.test(path))
    .map((path) => join(room, path))
}

/** @returns {string[]} the files that it is made of, from the root of the house */
export function sourcesOf(name) {
  return [...builds[name].sources(), 'tools/build.mjs', 'package-lock.json'].sort()
}

/** @returns one line for all of them */
function readSources(name) {
  const hash = createHash('sha256')
  for (const file of sourcesOf(name)) hash.update(`${file}\n`).update(readFileSync(join(home, file)))
  return hash.digest('hex')
}

const found = new Set()

/** @returns whether what is there was made of these sources; found once, it is not looked for again */
export function isBuilt(name) {
  const path = join(home, builds[name].folder, stamp)
  if (!found.has(name) && existsSync(path) && readFileSync(path, 'utf8') === readSources(name)) found.add(name)
  return found.has(name)
}

/** @returns whether the packages for development are there, and the folder may be written */
export function canBuild(name) {
  const { folder, builder } = builds[name]
  try {
    accessSync(join(home, folder, '..'), constants.W_OK)
    return existsSync(join(home, 'node_modules', builder))
  } catch {
    return false
  }
}

/** @returns what to start for a file of the house, both from its root: what was built of it, or the file itself */
export function startable(file) {
  return file === 'cli/main.ts' && isBuilt('programs') ? 'cli/dist/main.mjs' : file
}

async function build(name) {
  const { folder, make } = builds[name]
  const sources = readSources(name)
  const built = join(home, folder)
  const making = `${built}-${process.pid}`
  try {
    await make(making)
    writeFileSync(join(making, stamp), sources)
    // Whoever runs or serves the old one has read it whole.
    rmSync(built, { recursive: true, force: true })
    renameSync(making, built)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

async function makeConsole(making) {
  const { build: buildWithVite } = await importPackage('vite/dist/node/index.js')
  await buildWithVite({ root: join(home, 'console'), logLevel: 'error', build: { outDir: making } })
  for (const name of readdirSync(join(making, 'assets'))) compress(join(making, 'assets', name))
  for (const name of ['index.html', 'worker.js']) compress(join(making, name))
}

/** Ahead of time, so that it can be done as well as it can be. */
function compress(path) {
  const plain = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
  const params = { [zlib.BROTLI_PARAM_QUALITY]: 11, [zlib.BROTLI_PARAM_SIZE_HINT]: plain.length }
  writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }))
}

async function makePrograms(making) {
  const { rolldown } = await importPackage('rolldown/dist/index.mjs')
  const workers = programRooms.flatMap((room) => sourcesIn(room, /-worker\.ts$/))
  const bundle = await rolldown({
    cwd: home,
    input: { main: 'cli/main.ts', ...Object.fromEntries(workers.map((file) => [workerName(file), file])) },
    platform: 'node',
    external: loadedLater,
    plugins: [{ name: 'whereabouts', transform: (code, id) => ({ code: withWhereabouts(code, id) }) }],
  })
  await bundle.write({ dir: making, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' })
  await bundle.close()
}

const workerName = (file) => file.replace(/^.*[/\\]|\.ts$/g, '')

/** What a module of ours finds beside itself stays there; but a worker is built as well. */
function withWhereabouts(code, id) {
  const path = relative(home, id).split(sep).join('/')
  if (path.startsWith('..') || path.startsWith('node_modules/')) return code
  const own = `new URL(${JSON.stringify(`../../${path}`)}, import.meta.url).href`
  return code
    .replaceAll(
      /new URL\('[./]*([\w/-]+-worker)\.ts', import\.meta\.url\)/g,
      (_, worker) => `new URL('./${workerName(worker)}.mjs', import.meta.here)`,
    )
    .replaceAll('import.meta.url', own)
    .replaceAll('import.meta.here', 'import.meta.url')
}

const importPackage = (path) => import(pathToFileURL(join(home, 'node_modules', path)).href)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(builds)
  for (const name of names) if (!isBuilt(name)) await build(name)
}
