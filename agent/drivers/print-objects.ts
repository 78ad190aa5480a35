/** `fairlead agent --print-objects`: what a driver makes of its device, in plain words or as JSON. */
import type { Json } from '@fairlead/protocol/contract'
import type { Driver } from './driver.ts'

/** @throws {Failure} `device-timeout` when the device is silent */
export async function printObjects(driver: Pick<Driver, 'all'>, { json }: { json: boolean }): Promise<string> {
  const objects = await driver.all()
  if (json) return JSON.stringify(objects)
  const width = Math.max(0, ...Object.keys(objects).map((name) => name.length))
  return Object.entries(objects)
    .flatMap(([name, value]) => linesOf(value).map((line, i) => `${(i === 0 ? name : '').padEnd(width)}  ${line}`))
    .join('\n')
}

/** A list of things is a line each; a list of words is one line. */
function linesOf(value: Json): string[] {
  if (!Array.isArray(value)) return [wordsOf(value)]
  if (value.length === 0) return ['none']
  return value.some((each) => typeof each === 'object') ? value.map(wordsOf) : [value.join(', ')]
}

function wordsOf(value: Json): string {
  if (value === null) return 'unknown'
  if (typeof value !== 'object') return String(value) === '' ? '(empty)' : String(value)
  if (Array.isArray(value)) return value.map(wordsOf).join(', ')
  if ('value' in value && 'unit' in value) return `${wordsOf(value.value ?? null)} ${wordsOf(value.unit ?? null)}`
  if ('percent' in value) return supplyInWords(value)
  if ('media' in value) return trayInWords(value)
  return Object.entries(value)
    .map(([name, member]) => `${name} ${wordsOf(member)}`)
    .join(', ')
}

function supplyInWords({ index, description, type, color, level, percent }: Record<string, Json>): string {
  const kind = [type, color].filter((word) => typeof word === 'string').join(' ')
  const share = typeof percent === 'number' ? `${percent} %` : wordsOf(level ?? null)
  return `${index}: ${[description, kind, share].filter((part) => typeof part === 'string').join(', ')}`
}

function trayInWords({ index, name, level, capacity, media }: Record<string, Json>): string {
  const filling = `${wordsOf(level ?? null)} of ${wordsOf(capacity ?? null)}`
  return `${index}: ${[name, filling, media].filter((part) => typeof part === 'string').join(', ')}`
}
