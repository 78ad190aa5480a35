/** One recorded SNMP walk of a printer, and what follows from it without asking any driver. */
import type { Json } from '@fairlead/protocol/contract'

interface Recorded {
  tag: number
  bytes: Uint8Array
}

/** Lines `OID|TAG|VALUE`; a tag that ends in `x` means that the value is hexadecimal (snmpsim's data format). */
export type Recording = ReadonlyMap<string, Recorded>

export function readRecording(text: string): Recording {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const [, oid, tag, hex, value] = /^([\d.]+)\|(\d+)(x?)\|(.*)$/s.exec(line) ?? []
    if (oid === undefined || tag === undefined || value === undefined) return []
    return [[oid, { tag: Number(tag), bytes: Buffer.from(value, hex === 'x' ? 'hex' : 'utf8') }] as const]
  })
  return new Map(lines)
}

/** Row index and value of each cell of a column. */
function rows(recording: Recording, column: string): [string, Recorded][] {
  return [...recording]
    .filter(([oid]) => oid.startsWith(`${column}.`))
    .map(([oid, cell]) => [oid.slice(column.length + 1), cell])
}

const text = ({ bytes }: Recorded) =>
  Buffer.from(bytes)
    .toString('utf8')
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
const dotted = (cell: Recorded) => text(cell).replace(/^\./, '')
const number = ({ bytes }: Recorded) => Number(Buffer.from(bytes).toString('utf8'))
const own = (row: string) => Number(row.split('.').at(-1))
const isText = (cell: Recorded) =>
  cell.tag === 4 && Buffer.from(cell.bytes).toString('utf8').isWellFormed() && !text(cell).includes('\ufffd')

function amount(told: number | undefined): number | string {
  if (told === undefined || told < -3 || told === -2) return 'unknown'
  return told >= 0 ? told : told === -1 ? 'other' : 'some'
}

export interface Difference {
  what: string
  told: Json | undefined
  recorded: Json | undefined
}

/** Where `objects` say something else than the recording; what a recording does not hold is not compared. */
export function compare(recording: Recording, objects: Record<string, Json>): Difference[] {
  const facts: [string, Json | undefined, Json | undefined][] = [
    ...names(recording).map(([name, value]): [string, Json | undefined, Json] => [name, objects[name], value]),
    ...condition(recording, objects),
    ...network(recording, objects),
    ...table(objects['supplies'], supplies(recording), 'supply'),
    ...table(objects['trays'], trays(recording), 'tray'),
    ...shares(objects),
  ]
  return facts
    .filter(([, told, recorded]) => JSON.stringify(told) !== JSON.stringify(recorded))
    .map(([what, told, recorded]) => ({ what, told, recorded }))
}

const printerRow = (recording: Recording) =>
  rows(recording, '1.3.6.1.2.1.25.3.2.1.2').find(([, type]) => dotted(type) === '1.3.6.1.2.1.25.3.1.5')?.[0]

function names(recording: Recording): [string, Json][] {
  const found: [string, string][] = [
    ['model', `1.3.6.1.2.1.25.3.2.1.3.${printerRow(recording)}`],
    ['serial', '1.3.6.1.2.1.43.5.1.1.17.1'],
    ['contact', '1.3.6.1.2.1.1.4.0'],
    ['name', '1.3.6.1.2.1.1.5.0'],
    ['location', '1.3.6.1.2.1.1.6.0'],
  ]
  return found.flatMap(([name, oid]) => {
    const cell = recording.get(oid)
    const isThere = cell && isText(cell) && (text(cell) !== '' || !['model', 'serial'].includes(name))
    return isThere ? [[name, text(cell)]] : []
  })
}

const errorBits =
  'low-paper no-paper low-toner no-toner door-open jammed offline service-requested input-tray-missing output-tray-missing marker-supply-missing output-near-full output-full input-tray-empty overdue-prevent-maint'

function condition(
  recording: Recording,
  objects: Record<string, Json>,
): [string, Json | undefined, Json | undefined][] {
  const states = rows(recording, '1.3.6.1.2.1.25.3.5.1.2')
  const errors = states.find(([row]) => row === printerRow(recording)) ?? states[0]
  const [count] = rows(recording, '1.3.6.1.2.1.43.10.2.1.4')
  const bits = errors && [...errors[1].bytes].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  const alerts = bits === undefined ? undefined : errorBits.split(' ').filter((_, bit) => bits[bit] === '1')
  const pages = objects['pages'] as { value?: Json } | undefined
  return [
    ['alerts', objects['alerts'], alerts],
    ['pages', pages?.value, count && number(count[1])],
  ]
}

/** The driver chooses one of several; it must be one that the device has. */
function network(recording: Recording, objects: Record<string, Json>): [string, Json | undefined, Json | undefined][] {
  const macs = rows(recording, '1.3.6.1.2.1.2.2.1.6')
    .map(([, { bytes }]) =>
      Buffer.from(bytes)
        .toString('hex')
        .replaceAll(/(..)(?=.)/g, '$1:'),
    )
    .filter((mac) => mac.length === 17 && mac !== '00:00:00:00:00:00')
  const ips = rows(recording, '1.3.6.1.2.1.4.20.1.2')
    .map(([ip]) => ip)
    .filter((ip) => !/^(127|0)\./.test(ip))
  const isOneOf = (told: Json | undefined, all: string[]) =>
    all.length === 0 || all.includes(String(told)) ? told : all.join(' or ')
  return [
    ['mac', objects['mac'], isOneOf(objects['mac'], macs)],
    ['ip', objects['ip'], isOneOf(objects['ip'], ips)],
  ]
}

type Row = Record<string, Json>

function supplies(recording: Recording): Map<number, Row> {
  const base = '1.3.6.1.2.1.43.11.1.1'
  const levels = new Map(rows(recording, `${base}.9`))
  return new Map(
    rows(recording, `${base}.8`).map(([row, max]) => {
      const told = levels.get(row)
      const level = told && number(told)
      const capacity = number(max)
      const follows = level !== undefined && capacity > 0 && level >= 0 && level <= capacity
      const description = recording.get(`${base}.6.${row}`)
      return [
        own(row),
        {
          level: amount(level),
          capacity: amount(capacity),
          percent: follows ? Math.round((100 * level) / capacity) : null,
          ...(description && isText(description) && text(description) !== '' && { description: text(description) }),
        },
      ]
    }),
  )
}

function trays(recording: Recording): Map<number, Row> {
  const base = '1.3.6.1.2.1.43.8.2.1'
  const levels = new Map(rows(recording, `${base}.10`))
  return new Map(
    rows(recording, `${base}.9`).map(([row, max]) => {
      const level = levels.get(row)
      return [own(row), { level: amount(level && number(level)), capacity: amount(number(max)) }]
    }),
  )
}

/** Every row that was recorded is told, with each of its facts, and no other row. */
function table(
  told: Json | undefined,
  recorded: Map<number, Row>,
  kind: string,
): [string, Json | undefined, Json | undefined][] {
  if (recorded.size === 0) return []
  const list = (Array.isArray(told) ? told : []) as Row[]
  const order = list.map((row) => row['index'] ?? null)
  const facts = [...recorded].flatMap(([index, row]) => {
    const same = list.find((each) => each['index'] === index)
    return Object.entries(row).map(([name, value]): [string, Json | undefined, Json] => [
      `${kind} ${index} ${name}`,
      same?.[name],
      value,
    ])
  })
  return [[`${kind} indexes`, order, [...recorded.keys()].sort((a, b) => a - b)], ...facts]
}

/** A name such as `toner.black` tells the lowest percentage of its supplies, and words only where there is none. */
function shares(objects: Record<string, Json>): [string, Json | undefined, Json][] {
  const list = (Array.isArray(objects['supplies']) ? objects['supplies'] : []) as Row[]
  const colored = list.filter((row) => row['color'] !== null && /^(toner|ink)(-cartridge)?$/.test(String(row['type'])))
  const byName = Map.groupBy(colored, (row) => `${String(row['type']).replace('-cartridge', '')}.${row['color']}`)
  return [...byName].map(([name, same]): [string, Json | undefined, Json] => {
    const percents = same.map((row) => row['percent']).filter((percent) => typeof percent === 'number')
    const told = objects[name]
    if (percents.length > 0) return [name, told, Math.min(...percents)]
    return [name, told, told === 'some' || told === 'unknown' ? told : 'some or unknown']
  })
}

/** The plain percentages that the monitoring system of the JSON computed; the rest of it is habit and not compared. */
export function compareJson(recording: Recording, json: unknown, objects: Record<string, Json>): Difference[] {
  const recorded = supplies(recording)
  const list = (Array.isArray(objects['supplies']) ? objects['supplies'] : []) as Row[]
  return suppliesIn(json).flatMap(({ index, percent }) => {
    const row = recorded.get(index)
    if (typeof row?.['percent'] !== 'number') return []
    const told = list.find((each) => each['index'] === index)?.['percent']
    return told === percent ? [] : [{ what: `supply ${index} percent of the JSON`, told, recorded: percent }]
  })
}

/** Rows with `supply_index` and `supply_current`, wherever they stand; paper trays are supplies there too. */
function suppliesIn(json: unknown): { index: number; percent: number }[] {
  if (json === null || typeof json !== 'object') return []
  if (!('supply_index' in json && 'supply_current' in json)) return Object.values(json).flatMap(suppliesIn)
  const isTray = 'supply_type' in json && json.supply_type === 'input'
  return isTray ? [] : [{ index: Number(json.supply_index), percent: Number(json.supply_current) }]
}

/** What a GET by OID must tell of a recorded cell (contract part 5). */
export function recordedValue({ tag, bytes }: Recorded): Json | undefined {
  const told = Buffer.from(bytes).toString('utf8')
  if ([2, 65, 66, 67].includes(tag)) return Number(told)
  if (tag === 70) return Number(told) <= Number.MAX_SAFE_INTEGER ? Number(told) : told
  if (tag === 6) return told.replace(/^\./, '')
  if (tag === 64) return bytes.length === 4 ? bytes.join('.') : told
  if (tag !== 4) return undefined
  const kept = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes
  const asText = Buffer.from(kept).toString('utf8')
  const isPrintable = !asText.includes('\ufffd') && !/[^\P{Cc}\t\r\n]/u.test(asText)
  return isPrintable ? asText : { hex: Buffer.from(bytes).toString('hex') }
}
