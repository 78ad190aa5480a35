/** PINs that no pairing can match, each kind for a reason of its own, and how a real relay comes to have them (C2 to C4). */
import { randomInt } from 'node:crypto'
import type { Neighbourhood } from '../neighbourhood.ts'
import type { Guess, Subject } from './guessing.ts'
import { inTurns } from './in-turns.ts'
import { headersFrom, must, onRecord } from './street.ts'

export const pins: Subject = {
  path: '/v1/pairings',
  kinds: {
    random: 'no device shows it',
    mistyped: 'a device in this network shows another one',
    'another network’s': 'shown, and typed elsewhere',
    'too old': 'shown in this network, ten minutes ago',
    used: 'somebody in this network has typed it',
  },
  // The relay lets ten thousand PINs be shown at a time.
  mostAtOnce: 1_000,
  make: makePins,
}

const atOnce = 32
/** Each device and whoever types has a network of their own, of 256 addresses. */
const networkSize = 256
let networks = 0

interface Shown {
  id: string
  pin: string
  /** The first address of its network. */
  from: number
}

const newPin = () => String(randomInt(1e8)).padStart(8, '0')

async function makePins(street: Neighbourhood, each: number): Promise<Record<string, Guess[]>> {
  const newNetwork = () => ++networks * networkSize
  const newShown = (): Shown => ({ id: `pin-${networks}`, pin: newPin(), from: newNetwork() })
  const some = () => Array.from({ length: each }, newShown)
  // Of the round before there is nobody left.
  onRecord(street, 'UPDATE pairing SET expires_at = created_at')
  const old = some()
  await show(street, old)
  onRecord(street, 'UPDATE pairing SET expires_at = created_at')
  const [used, mistyped, elsewhere] = [some(), some(), some()]
  await show(street, [...used, ...mistyped, ...elsewhere])
  await inTurns(used, atOnce, ({ pin, from }) =>
    must(201, street.service.post('/v1/pairings', { pin, addresses: ['192.168.1.30/24'] }, headersFrom(from))),
  )
  const guesses = (shown: readonly Shown[], change: () => Partial<Shown> = () => ({})) =>
    shown.map((one) => {
      const { pin, from } = { ...one, ...change() }
      return { body: { pin }, from }
    })
  return {
    random: guesses(some()),
    mistyped: guesses(mistyped, () => ({ pin: newPin() })),
    'another network’s': guesses(elsewhere, () => ({ from: newNetwork() })),
    'too old': guesses(old),
    used: guesses(used),
  }
}

async function show({ service }: Neighbourhood, shown: readonly Shown[]): Promise<void> {
  const there = { addresses: ['192.168.1.20/24'], localUrl: 'http://192.168.1.20/' }
  await inTurns(shown, atOnce, ({ id, pin, from }) =>
    must(201, service.post('/device/v1/pairing', { id, pin, ...there }, headersFrom(from))),
  )
}
