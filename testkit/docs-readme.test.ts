/** The three commands of README.md, as they stand there, bring an SNMP printer to where one HTTP call reaches it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFixtureAgent } from '../agent/drivers/fixture-agent.ts'
import { cellsOf } from '../agent/drivers/virtual-mib.ts'
import { createVirtualPrinter } from '../agent/drivers/virtual-printer.ts'
import { openFolder } from './folder.ts'
import { startProcess } from './process.ts'

const home = fileURLToPath(new URL('..', import.meta.url))

/** The code block under a heading, line by line, with this Node in place of the launcher. */
function commandsUnder(heading: string): string[] {
  const [, block = ''] = readFileSync(join(home, 'README.md'), 'utf8').split(`## ${heading}`)
  const [, code = ''] = /```sh\n([^`]+)```/.exec(block) ?? []
  return code
    .trim()
    .split('\n')
    .map((line) => line.replace('npx fairlead', `'${process.execPath}' '${join(home, 'cli/main.ts')}'`))
}

test('a printer of your own, in three commands', async () => {
  await using printer = await openFixtureAgent(cellsOf(createVirtualPrinter(), 0))
  await using folder = await openFolder()
  const [relayLine = '', addLine = '', agentLine = ''] = commandsUnder('A printer of your own, in three commands')
  const run = (line: string) => startProcess('sh', ['-c', line], { folder: folder.path })

  await using relay = await run(`${relayLine} --listen 127.0.0.1:0`)
  const url = String((await relay.nextEvent('relay.ready'))['url'])
  const here = (line: string) => line.replace('http://localhost:8080', url)

  await using add = await run(here(addLine))
  assert.equal((await add.exited).code, 0, add.output().stderr)
  const [, secret = ''] = /secret, shown this once: (\S+)/.exec(add.output().stdout) ?? []

  const ofThePrinter = here(agentLine).replace('snmp://192.168.1.50?community=public', printer.url('community=public'))
  assert.notEqual(ofThePrinter, here(agentLine))
  await using agent = await run(ofThePrinter.replace('FAIRLEAD_SECRET=…', `FAIRLEAD_SECRET='${secret}'`))
  await agent.nextEvent('device.online')

  const access = addLine.slice(addLine.indexOf('--relay'))
  await using get = await run(
    here(`${relayLine.replace(/relay$/, 'get office-printer model status supplies')} ${access}`),
  )
  assert.equal((await get.exited).code, 0, get.output().stderr)
  assert.match(
    get.output().stdout,
    /^model: Fairlead Virtual MFP\nstatus: idle\nsupplies:\n {4}Black Toner Cartridge: \d+ %\n/,
  )
})
