/** When a device goes into low power, and comes back: as a pure machine (H1). */

export interface Power {
  readonly sleepAfterMs: number
  phase: 'awake' | 'going-to-sleep' | 'asleep' | 'waking'
  /** Since when nothing has happened. */
  quietSinceMs: number
}

export type PowerEvent =
  | { kind: 'start' }
  /** Somebody comes. */
  | { kind: 'approach' }
  /** Somebody touches the panel. */
  | { kind: 'activity' }
  /** The moment that was asked for. */
  | { kind: 'time'; isBusy: boolean }
  /** Everything is down. */
  | { kind: 'down' }
  /** Everything is up again. */
  | { kind: 'up' }

export type PowerEffect = { kind: 'sleep' } | { kind: 'wake' } | { kind: 'wake-at'; atMs: number }

/** A device that has something in hand is looked at so often. */
const busyLookMs = 1000

export function createPowerState(sleepAfterMs: number): Power {
  return { sleepAfterMs, phase: 'awake', quietSinceMs: 0 }
}

export function stepPower(power: Power, event: PowerEvent, nowMs: number, effects: PowerEffect[]): void {
  switch (event.kind) {
    case 'start':
      stayAwake(power, nowMs, effects)
      break
    case 'approach':
      comeCloser(power, nowMs, effects)
      break
    case 'activity':
      power.quietSinceMs = nowMs
      break
    case 'time':
      passTime(power, event.isBusy, nowMs, effects)
      break
    case 'down':
      // Woken meanwhile it is up again, or will be.
      if (power.phase === 'going-to-sleep') power.phase = 'asleep'
      break
    case 'up':
      if (power.phase === 'waking') stayAwake(power, nowMs, effects)
  }
}

/** A sensor may say so as often as it likes: once awake it is one more moment that was not quiet, and no work. */
function comeCloser(power: Power, nowMs: number, effects: PowerEffect[]): void {
  power.quietSinceMs = nowMs
  if (power.phase !== 'asleep' && power.phase !== 'going-to-sleep') return
  power.phase = 'waking'
  effects.push({ kind: 'wake' })
}

function stayAwake(power: Power, nowMs: number, effects: PowerEffect[]): void {
  power.phase = 'awake'
  power.quietSinceMs = nowMs
  effects.push({ kind: 'wake-at', atMs: nowMs + power.sleepAfterMs })
}

function passTime(power: Power, isBusy: boolean, nowMs: number, effects: PowerEffect[]): void {
  if (power.phase !== 'awake') return
  if (isBusy) power.quietSinceMs = nowMs
  const dueMs = power.quietSinceMs + power.sleepAfterMs
  if (nowMs < dueMs) {
    effects.push({ kind: 'wake-at', atMs: isBusy ? Math.min(dueMs, nowMs + busyLookMs) : dueMs })
    return
  }
  power.phase = 'going-to-sleep'
  effects.push({ kind: 'sleep' })
}
