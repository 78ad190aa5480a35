/** A share of the fuzzing with lying printers, and drivers with faults that it must find. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
import type { Driver } from '../../agent/drivers/driver.ts'
import { openDriver } from '../../agent/drivers/drivers.ts'
import { assertFound, playShare } from './for-tests.ts'
import { type OpenDriver, snmpTarget } from './snmp-target.ts'
import { wrongIn } from './snmp-values.ts'

test('a driver of lying printers crashes on nothing, makes nothing up, and answers for each object', () =>
  playShare(snmpTarget(), 1000, { values: 100, errors: 100, packets: 500 }))

function spoilt(spoil: (driver: Driver) => Partial<Driver>): OpenDriver {
  return async (url) => {
    const driver = await openDriver(url, { clock: systemClock, log: silentLog })
    return { ...driver, ...spoil(driver) }
  }
}

const faults: Record<string, [spoil: (driver: Driver) => Partial<Driver>, kind: RegExp]> = {
  'a value that nobody sent': [
    (driver) => ({
      async get(objects) {
        const { values, errors } = await driver.get(objects)
        const made = Object.entries(values).map(([object, value]) => [
          object,
          typeof value === 'number' ? value + 11 : value,
        ])
        return { values: Object.fromEntries(made), errors }
      },
    }),
    /made up/,
  ],
  'an object that is not answered for': [
    (driver) => ({ get: async (objects) => ({ ...(await driver.get(objects)), errors: {} }) }),
    /not each object has one answer/,
  ],
  'a value that is no JSON': [
    (driver) => ({
      get: async (objects) => ({
        ...(await driver.get(objects)),
        values: { [objects[0] ?? '']: Number.NaN },
        errors: {},
      }),
    }),
    /no JSON|not each object/,
  ],
  'an error that is none of ours': [
    () => ({
      get() {
        throw new TypeError('planted')
      },
    }),
    /^thrown/,
  ],
}

for (const [fault, [spoil, kind]] of Object.entries(faults))
  test(`found: ${fault}`, () => assertFound(snmpTarget(spoilt(spoil)), 60, kind))

test('found: an error that nobody catches', () => {
  const process = new EventEmitter()
  const spoil = spoilt((driver) => ({
    get(objects) {
      process.emit('uncaughtException', new RangeError('planted'))
      return driver.get(objects)
    },
  }))
  return assertFound(snmpTarget(spoil, process), 60, /ends the process/)
})

test('a value counts as sent in each form that it may have in a packet', () => {
  const wrong = (value: string | number | { hex: string }, hex: string) =>
    wrongIn(undefined, { values: { '1.3.6.1': value }, errors: {} }, [Buffer.from(hex, 'hex')])
  assert.equal(wrong(-2, '0201fe'), undefined)
  assert.equal(wrong(4_294_967_295, '410500ffffffff'), undefined)
  assert.equal(wrong('18446744073709551615', '4609ffffffffffffffff'), undefined)
  assert.equal(wrong('203.0.113.9', '4004cb007109'), undefined)
  assert.equal(wrong('1.3.6.1.4.1.99999', '06072b06010401868d1f'), undefined)
  assert.equal(wrong('text', '040474657874'), undefined)
  assert.equal(wrong({ hex: 'ff00' }, '0402ff00'), undefined)
  assert.match(wrong(5, '020106') ?? '', /made up/)
})
