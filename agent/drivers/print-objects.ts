/** `fairlead agent --print-objects`: what a driver makes of its device, in plain words or as JSON. */
import type { Json } from '@fairlead/protocol/contract'
import type { Driver } from './driver.ts'

/** @throws {Failure} `device-timeout` when the device is silent */
export async function printObjects(driver: Pick<Driver, 'all'>, { json }: { json: boolean }): Promise<string> {
  const objects = await driver.all()
  if (json) return JSON.stringify(objects)
  const width = Math.max(0, ...Object.keys(objects).map((name) => name.length))
  return Object.entries(objects)
    .flatMap(([name, value]) =>
      linesOf(value).map((line, i) => `${(i === 0 ? name : '').padEnd(width)}  ${line}`.trimEnd()),
    )
    .join('\n')
}

/** A list of things is a line each; a list of words is one line. */
function linesOf(value: Json): string[] {
  if (!Array.isArray(value)) return [wordsOf(value)]
  if (value.length === 0) return ['none']
  return value.some((each) => typeof each === 'object') ? value.map(wordsOf) : [value.map(wordsOf).join(', ')]
}

function wordsOf(value: Json): string {
  if (value === null) return 'unknown'
  if (typeof value !== 'object') return String(value) === '' ? '(empty)' : String(value)
  if (Array.isArray(value)) return value.map(wordsOf).join(', ')
  return Object.entries(value)
    .map(([name, member]) => `${name} ${wordsOf(member)}`)
    .join(', ')
}
